// The CloudEvents SDK for Java reads records: each as an event, or as what it says of it.
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.cloudevents.CloudEvent;
import io.cloudevents.kafka.CloudEventDeserializer;
import java.util.Map;
import org.apache.kafka.common.header.internals.RecordHeaders;

public class Read {
  private static final ObjectMapper JSON = new ObjectMapper();

  public static void main(String[] words) throws Exception {
    ArrayNode events = JSON.createArrayNode();
    for (JsonNode record : JSON.readTree(System.in)) {
      events.add(told(record));
    }
    System.out.println(JSON.writeValueAsString(events));
  }

  private static ObjectNode told(JsonNode record) throws Exception {
    ObjectNode told = JSON.createObjectNode();
    RecordHeaders headers = new RecordHeaders();
    for (Map.Entry<String, JsonNode> header : record.get("headers").properties()) {
      headers.add(header.getKey(), header.getValue().binaryValue());
    }
    try (CloudEventDeserializer deserializer = new CloudEventDeserializer()) {
      CloudEvent event = deserializer.deserialize("orders.v1", headers, record.get("value").binaryValue());
      told.put("id", event.getId());
      told.put("type", event.getType());
      told.put("subject", event.getSubject());
      told.put("datacontenttype", event.getDataContentType());
      Object traceparent = event.getExtension("traceparent");
      told.put("traceparent", traceparent == null ? null : traceparent.toString());
      told.set("data", JSON.readTree(event.getData().toBytes()));
    } catch (Exception error) {
      told.removeAll();
      told.put("refused", error.toString());
    }
    return told;
  }
}
