package bench;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** The yardstick's job (../../limit/job.hpp) as both peers do it: only where they keep its state is theirs. */
public final class Job {
  public static final class Alert {
    public long fingerprint;
    public String service;
    public String region;
    public int severity;
    public long starts; // milliseconds since 1970
    public boolean firing;

    public String group() {
      return service + "|" + region;
    }
  }

  /** What is kept of each set of labels. Public fields: Flink serializes it as a POJO. */
  public static final class AlertState {
    public long starts;
    public int incident;
    public int repeats;
    public boolean active;

    public boolean isStale(long at) {
      return at < starts || (at == starts && !active);
    }
  }

  /** What is kept of each service and region. */
  public static final class Incident {
    public int active;
    public int total;
    public int id;
    public int severity;

    /** Takes an alert that is neither stale nor a repeat. Says what became of the incident, or null. */
    public String take(long starts, boolean firing, int level, AlertState alert) {
      alert.starts = starts;
      if (!firing) {
        if (!alert.active) return null;
        alert.active = false;
        return --active == 0 ? "resolved" : null;
      }
      alert.active = true;
      boolean opens = active == 0;
      if (opens) {
        id++;
        total = 0;
        severity = 0;
      }
      active++;
      boolean fresh = alert.incident != id;
      if (fresh) total++;
      alert.incident = id;
      boolean rises = level > severity;
      if (rises) severity = level;
      if (opens) return "opened";
      return fresh || rises ? "updated" : null;
    }

    public String record(String group, String change) {
      return "{\"incident\":\"" + group + "#" + id + "\",\"change\":\"" + change + "\",\"severity\":" + severity
          + ",\"alerts\":" + total + ",\"active\":" + active + "}";
    }
  }

  private static final JsonFactory JSON = new JsonFactory();

  private Job() {}

  public static Alert parse(byte[] line) {
    try (JsonParser parser = JSON.createParser(line)) {
      Alert alert = new Alert();
      parser.nextToken();
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        parser.nextToken();
        switch (name) {
          case "labels" -> readLabels(parser, alert);
          case "startsAt" -> alert.starts = stamp(parser.getText());
          case "endsAt" -> alert.firing = parser.getText().startsWith("0001");
          default -> parser.skipChildren();
        }
      }
      return alert;
    } catch (IOException fault) {
      throw new UncheckedIOException(fault);
    }
  }

  private static void readLabels(JsonParser parser, Alert alert) throws IOException {
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = parser.currentName();
      parser.nextToken();
      String value = parser.getText();
      alert.fingerprint += mix(hash(value) ^ mix(hash(name)));
      switch (name) {
        case "service" -> alert.service = value;
        case "region" -> alert.region = value;
        case "severity" -> alert.severity = severity(value);
        default -> { }
      }
    }
  }

  private static int severity(String text) {
    return switch (text) {
      case "critical" -> 5;
      case "major" -> 4;
      case "minor" -> 3;
      case "warning" -> 2;
      default -> 1;
    };
  }

  private static long hash(String text) {
    long hash = 1469598103934665603L;
    for (int i = 0; i < text.length(); i++) hash = (hash ^ text.charAt(i)) * 1099511628211L;
    return hash;
  }

  private static long mix(long hash) {
    hash = (hash ^ hash >>> 33) * 0xff51afd7ed558ccdL;
    hash = (hash ^ hash >>> 33) * 0xc4ceb9fe1a85ec53L;
    return hash ^ hash >>> 33;
  }

  /** "2026-03-02T00:00:01.656Z", without java.time, which would take longer than all else. */
  private static long stamp(String text) {
    int year = number(text, 0, 4);
    int month = number(text, 5, 7);
    if (month <= 2) year--;
    int era = year / 400;
    int yearOfEra = year - era * 400;
    int dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + number(text, 8, 10) - 1;
    long days = era * 146097L + yearOfEra * 365L + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719468;
    long minutes = (days * 24 + number(text, 11, 13)) * 60 + number(text, 14, 16);
    return minutes * 60000 + number(text, 17, 19) * 1000 + (text.length() >= 24 ? number(text, 20, 23) : 0);
  }

  private static int number(String text, int from, int to) {
    int value = 0;
    for (int at = from; at < to; at++) value = value * 10 + text.charAt(at) - '0';
    return value;
  }

  /** Processor seconds of this process. */
  public static double cpu() {
    var system = (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    return system.getProcessCpuTime() / 1e9;
  }

  private static long peakMib() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith("VmHWM")) return Long.parseLong(line.replaceAll("[^0-9]", "")) / 1024;
    }
    return 0;
  }

  public static void result(int pass, long alerts, double wall, double cpu, long records) throws IOException {
    System.out.printf(Locale.ROOT,
        "RESULT pass=%d alerts=%d wall=%.3f rate=%.0f cpu_per_m=%.2f peak_mib=%d records=%d%n",
        pass, alerts, wall, alerts / wall, cpu / alerts * 1e6, peakMib(), records);
  }
}
