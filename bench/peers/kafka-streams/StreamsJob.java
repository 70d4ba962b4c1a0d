package bench;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.Repartitioned;
import org.apache.kafka.streams.processor.api.FixedKeyProcessor;
import org.apache.kafka.streams.processor.api.FixedKeyProcessorContext;
import org.apache.kafka.streams.processor.api.FixedKeyRecord;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

/**
 * StreamsJob BROKERS IN OUT ALERTS PASSES STATE: Kafka Streams as who knows it would write the job: Processor API, two
 * small cached stores, binary forms, exactly_once_v2 with a commit each 100 ms, one thread. Each pass is an application
 * of its own; the clock runs from its first alert to its last.
 */
public final class StreamsJob {
  /** What all records of a pass count. */
  private static final class Progress {
    final long alerts;
    final CountDownLatch done = new CountDownLatch(1);
    long seen;
    volatile long began;
    volatile double cpuBegan;
    volatile long ended;
    volatile double cpuEnded;
    volatile long records;

    Progress(long alerts) {
      this.alerts = alerts;
    }

    Job.Alert parse(byte[] value) {
      if (began == 0) {
        cpuBegan = Job.cpu();
        began = System.nanoTime();
      }
      return Job.parse(value);
    }

    void count() {
      if (++seen != alerts) return;
      ended = System.nanoTime();
      cpuEnded = Job.cpu();
      done.countDown();
    }
  }

  private static <T> Serde<T> serde(Function<T, byte[]> pack, Function<ByteBuffer, T> unpack) {
    return Serdes.serdeFrom((topic, value) -> value == null ? null : pack.apply(value),
        (topic, bytes) -> bytes == null ? null : unpack.apply(ByteBuffer.wrap(bytes)));
  }

  private static final Serde<Job.Alert> ALERT = serde(alert -> {
    byte[] service = alert.service.getBytes(StandardCharsets.UTF_8);
    byte[] region = alert.region.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(20 + service.length + region.length).putLong(alert.fingerprint).putLong(alert.starts)
        .put((byte) alert.severity).put((byte) (alert.firing ? 1 : 0)).put((byte) service.length)
        .put((byte) region.length).put(service).put(region).array();
  }, bytes -> {
    Job.Alert alert = new Job.Alert();
    alert.fingerprint = bytes.getLong();
    alert.starts = bytes.getLong();
    alert.severity = bytes.get();
    alert.firing = bytes.get() == 1;
    int service = bytes.get();
    int region = bytes.get();
    alert.service = new String(bytes.array(), 20, service, StandardCharsets.UTF_8);
    alert.region = new String(bytes.array(), 20 + service, region, StandardCharsets.UTF_8);
    return alert;
  });

  private static final Serde<Job.AlertState> ALERT_STATE = serde(
      state -> ByteBuffer.allocate(17).putLong(state.starts).putInt(state.incident).putInt(state.repeats)
          .put((byte) (state.active ? 1 : 0)).array(),
      bytes -> {
        Job.AlertState state = new Job.AlertState();
        state.starts = bytes.getLong();
        state.incident = bytes.getInt();
        state.repeats = bytes.getInt();
        state.active = bytes.get() == 1;
        return state;
      });

  private static final Serde<Job.Incident> INCIDENT = serde(
      incident -> ByteBuffer.allocate(16).putInt(incident.active).putInt(incident.total).putInt(incident.id)
          .putInt(incident.severity).array(),
      bytes -> {
        Job.Incident incident = new Job.Incident();
        incident.active = bytes.getInt();
        incident.total = bytes.getInt();
        incident.id = bytes.getInt();
        incident.severity = bytes.getInt();
        return incident;
      });

  private static final class Grouping implements FixedKeyProcessor<String, Job.Alert, byte[]> {
    private final Progress progress;
    private FixedKeyProcessorContext<String, byte[]> context;
    private KeyValueStore<Long, Job.AlertState> alerts;
    private KeyValueStore<String, Job.Incident> incidents;

    Grouping(Progress progress) {
      this.progress = progress;
    }

    @Override
    public void init(FixedKeyProcessorContext<String, byte[]> given) {
      context = given;
      alerts = given.getStateStore("alerts");
      incidents = given.getStateStore("incidents");
    }

    @Override
    public void process(FixedKeyRecord<String, Job.Alert> record) {
      take(record, record.value());
      progress.count();
    }

    private void take(FixedKeyRecord<String, Job.Alert> record, Job.Alert alert) {
      Job.AlertState state = alerts.get(alert.fingerprint);
      if (state == null) state = new Job.AlertState();
      if (state.isStale(alert.starts)) return;
      if (alert.firing && state.active) {
        state.starts = alert.starts;
        state.repeats++;
        alerts.put(alert.fingerprint, state);
        return;
      }
      Job.Incident incident = incidents.get(record.key());
      if (incident == null) incident = new Job.Incident();
      String change = incident.take(alert.starts, alert.firing, alert.severity, state);
      alerts.put(alert.fingerprint, state);
      incidents.put(record.key(), incident);
      if (change == null) return;
      progress.records++;
      context.forward(record.withValue(incident.record(record.key(), change).getBytes(StandardCharsets.UTF_8)));
    }
  }

  private static Topology topology(String in, String out, Progress progress) {
    StreamsBuilder builder = new StreamsBuilder();
    builder.addStateStore(Stores.keyValueStoreBuilder(Stores.persistentKeyValueStore("alerts"), Serdes.Long(),
        ALERT_STATE).withCachingEnabled());
    builder.addStateStore(Stores.keyValueStoreBuilder(Stores.persistentKeyValueStore("incidents"), Serdes.String(),
        INCIDENT).withCachingEnabled());
    builder.stream(in, Consumed.with(Serdes.ByteArray(), Serdes.ByteArray()))
        .mapValues(progress::parse)
        .selectKey((key, alert) -> alert.group())
        .repartition(Repartitioned.with(Serdes.String(), ALERT).withName("by-group"))
        .processValues(() -> new Grouping(progress), "alerts", "incidents")
        .to(out, Produced.with(Serdes.String(), Serdes.ByteArray()));
    return builder.build();
  }

  private static Properties properties(String application, String brokers, Path state) {
    Properties properties = new Properties();
    properties.put(StreamsConfig.APPLICATION_ID_CONFIG, application);
    properties.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, brokers);
    properties.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
    properties.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 100);
    properties.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 1);
    properties.put(StreamsConfig.STATE_DIR_CONFIG, state.toString());
    properties.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 64 << 20);
    properties.put(StreamsConfig.consumerPrefix("auto.offset.reset"), "earliest");
    properties.put(StreamsConfig.producerPrefix("compression.type"), "lz4");
    return properties;
  }

  private static void deleteTopics(String brokers, String application) throws Exception {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", brokers))) {
      var own = admin.listTopics().names().get().stream().filter(name -> name.startsWith(application)).toList();
      admin.deleteTopics(own).all().get();
    }
  }

  public static void main(String[] arguments) throws Exception {
    String brokers = arguments[0];
    long alerts = Long.parseLong(arguments[3]);
    int passes = Integer.parseInt(arguments[4]);
    for (int pass = 1; pass <= passes; pass++) {
      String application = arguments[2] + "-" + pass;
      Progress progress = new Progress(alerts);
      KafkaStreams streams = new KafkaStreams(topology(arguments[1], arguments[2], progress),
          properties(application, brokers, Path.of(arguments[5])));
      streams.setUncaughtExceptionHandler(fault -> {
        fault.printStackTrace();
        return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
      });
      streams.start();
      if (!progress.done.await(240, TimeUnit.SECONDS)) System.exit(1);
      Job.result(pass, alerts, (progress.ended - progress.began) / 1e9, progress.cpuEnded - progress.cpuBegan,
          progress.records);
      streams.close(Duration.ofSeconds(20));
      streams.cleanUp();
      deleteTopics(brokers, application);
    }
    System.exit(0);
  }
}
