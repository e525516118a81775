package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/yaml"
	kjson "sigs.k8s.io/json"
)

// A text has the bytes of a file, in base64 where it stands as JSON.
type text struct {
	Data []byte `json:"data"`
}

// A reading has the objects of a file as the API server gets them, and why the rest is refused.
type reading struct {
	Documents []json.RawMessage `json:"documents"`
	Refused   string            `json:"refused"`
}

// judgeText reads a file as kubectl does: documents by lines of `---`, YAML by sigs.k8s.io/yaml,
// and what comes out as JSON with the numbers that an object of no known type keeps.
func judgeText(request []byte) (any, error) {
	var asked text
	if err := read(request, &asked); err != nil {
		return nil, err
	}
	answer := reading{Documents: []json.RawMessage{}}
	decoder := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(asked.Data), 4096)
	for {
		document, err := next(decoder)
		if errors.Is(err, io.EOF) {
			return answer, nil
		}
		if err != nil {
			answer.Refused = err.Error()
			return answer, nil
		}
		if document != nil {
			answer.Documents = append(answer.Documents, document)
		}
	}
}

func next(decoder *yaml.YAMLOrJSONDecoder) (json.RawMessage, error) {
	found := runtime.RawExtension{}
	if err := decoder.Decode(&found); err != nil {
		return nil, err
	}
	raw := bytes.TrimSpace(found.Raw)
	if len(raw) == 0 || bytes.Equal(raw, []byte("null")) {
		return nil, nil
	}
	var value any
	if err := kjson.UnmarshalCaseSensitivePreserveInts(raw, &value); err != nil {
		return nil, err
	}
	return json.Marshal(value)
}
