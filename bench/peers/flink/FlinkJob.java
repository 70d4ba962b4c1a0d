package bench;

import java.nio.file.Path;
import java.util.Properties;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.serialization.SimpleStringSchema;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * FlinkJob BROKERS IN OUT ALERTS PASSES STATE: Flink in this process, state on the heap, exactly once with a checkpoint
 * a second, parallelism 1. Each pass is a job of its own; the clock runs from its first alert to its last.
 */
public final class FlinkJob {
  /** Of a pass. Both ends of the job run in this process. */
  private static volatile long began;
  private static volatile double cpuBegan;
  private static volatile long ended;
  private static volatile double cpuEnded;
  private static volatile long records;
  private static long alerts;

  /** What goes from the source to the grouping. */
  public static final class Slim {
    public long fingerprint;
    public String group;
    public int severity;
    public long starts;
    public boolean firing;
  }

  public static final class Parsing implements KafkaRecordDeserializationSchema<Slim> {
    @Override
    public void deserialize(ConsumerRecord<byte[], byte[]> record, Collector<Slim> out) {
      if (began == 0) {
        cpuBegan = Job.cpu();
        began = System.nanoTime();
      }
      Job.Alert alert = Job.parse(record.value());
      Slim slim = new Slim();
      slim.fingerprint = alert.fingerprint;
      slim.group = alert.group();
      slim.severity = alert.severity;
      slim.starts = alert.starts;
      slim.firing = alert.firing;
      out.collect(slim);
    }

    @Override
    public TypeInformation<Slim> getProducedType() {
      return Types.POJO(Slim.class);
    }
  }

  public static final class Grouping extends KeyedProcessFunction<String, Slim, String> {
    private transient MapState<Long, Job.AlertState> states;
    private transient ValueState<Job.Incident> incidents;
    private transient long seen;

    @Override
    public void open(Configuration configuration) {
      states = getRuntimeContext().getMapState(
          new MapStateDescriptor<>("alerts", Types.LONG, Types.POJO(Job.AlertState.class)));
      incidents = getRuntimeContext().getState(
          new ValueStateDescriptor<>("incident", Types.POJO(Job.Incident.class)));
    }

    @Override
    public void processElement(Slim alert, Context context, Collector<String> out) throws Exception {
      take(alert, out);
      if (++seen != alerts) return;
      ended = System.nanoTime();
      cpuEnded = Job.cpu();
    }

    private void take(Slim alert, Collector<String> out) throws Exception {
      Job.AlertState state = states.get(alert.fingerprint);
      if (state == null) state = new Job.AlertState();
      if (state.isStale(alert.starts)) return;
      if (alert.firing && state.active) {
        state.starts = alert.starts;
        state.repeats++;
        states.put(alert.fingerprint, state);
        return;
      }
      Job.Incident incident = incidents.value();
      if (incident == null) incident = new Job.Incident();
      String change = incident.take(alert.starts, alert.firing, alert.severity, state);
      states.put(alert.fingerprint, state);
      incidents.update(incident);
      if (change == null) return;
      records++;
      out.collect(incident.record(alert.group, change));
    }
  }

  private static StreamExecutionEnvironment environment(Path state) {
    Configuration configuration = new Configuration();
    configuration.setString("state.backend.type", "hashmap");
    configuration.setString("taskmanager.memory.network.min", "128mb");
    configuration.setString("taskmanager.memory.network.max", "128mb");
    configuration.setString("taskmanager.memory.managed.size", "512mb");
    configuration.setString("execution.checkpointing.dir", state.toUri().toString());
    StreamExecutionEnvironment environment = StreamExecutionEnvironment.createLocalEnvironment(1, configuration);
    environment.getConfig().enableObjectReuse();
    environment.enableCheckpointing(1000);
    return environment;
  }

  private static KafkaSource<Slim> source(String brokers, String topic, String name) {
    return KafkaSource.<Slim>builder().setBootstrapServers(brokers).setTopics(topic).setGroupId(name)
        .setStartingOffsets(OffsetsInitializer.earliest()).setBounded(OffsetsInitializer.latest())
        .setDeserializer(new Parsing()).build();
  }

  private static KafkaSink<String> sink(String brokers, String topic, String name) {
    Properties properties = new Properties();
    properties.setProperty("compression.type", "lz4");
    properties.setProperty("transaction.timeout.ms", "600000");
    return KafkaSink.<String>builder().setBootstrapServers(brokers).setKafkaProducerConfig(properties)
        .setDeliveryGuarantee(DeliveryGuarantee.EXACTLY_ONCE).setTransactionalIdPrefix(name)
        .setRecordSerializer(KafkaRecordSerializationSchema.<String>builder().setTopic(topic)
            .setValueSerializationSchema(new SimpleStringSchema()).build())
        .build();
  }

  public static void main(String[] arguments) throws Exception {
    String brokers = arguments[0];
    alerts = Long.parseLong(arguments[3]);
    int passes = Integer.parseInt(arguments[4]);
    for (int pass = 1; pass <= passes; pass++) {
      String name = arguments[2] + "-" + pass;
      StreamExecutionEnvironment environment = environment(Path.of(arguments[5]));
      environment
          .fromSource(source(brokers, arguments[1], name), WatermarkStrategy.noWatermarks(), "alerts")
          .keyBy(alert -> alert.group)
          .process(new Grouping())
          .sinkTo(sink(brokers, arguments[2], name));
      began = 0;
      ended = 0;
      records = 0;
      environment.execute("alerts to incidents");
      if (ended == 0) System.exit(1);
      Job.result(pass, alerts, (ended - began) / 1e9, cpuEnded - cpuBegan, records);
    }
    System.exit(0);
  }
}
