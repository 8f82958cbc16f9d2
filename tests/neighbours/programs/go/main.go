// The CloudEvents SDK for Go reads records: each as an event, or as what it says of it.
package main

import (
	"context"
	"encoding/json"
	"os"

	"github.com/IBM/sarama"
	"github.com/cloudevents/sdk-go/protocol/kafka_sarama/v2"
	"github.com/cloudevents/sdk-go/v2/binding"
)

type record struct {
	Headers map[string][]byte `json:"headers"`
	Key     []byte            `json:"key"`
	Value   []byte            `json:"value"`
}

func told(one record) map[string]any {
	message := &sarama.ConsumerMessage{Key: one.Key, Value: one.Value}
	for name, value := range one.Headers {
		message.Headers = append(message.Headers, &sarama.RecordHeader{Key: []byte(name), Value: value})
	}
	event, err := binding.ToEvent(context.Background(), kafka_sarama.NewMessageFromConsumerMessage(message))
	if err == nil {
		err = event.Validate()
	}
	if err != nil {
		return map[string]any{"refused": err.Error()}
	}
	var data any
	if err := event.DataAs(&data); err != nil {
		return map[string]any{"refused": err.Error()}
	}
	return map[string]any{
		"id":              event.ID(),
		"type":            event.Type(),
		"subject":         event.Subject(),
		"datacontenttype": event.DataContentType(),
		"traceparent":     event.Extensions()["traceparent"],
		"data":            data,
	}
}

func main() {
	var records []record
	if err := json.NewDecoder(os.Stdin).Decode(&records); err != nil {
		panic(err)
	}
	events := make([]map[string]any, 0, len(records))
	for _, one := range records {
		events = append(events, told(one))
	}
	if err := json.NewEncoder(os.Stdout).Encode(events); err != nil {
		panic(err)
	}
}
