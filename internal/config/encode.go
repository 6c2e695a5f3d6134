package config

import "github.com/goccy/go-yaml"

// Encode writes v as the YAML that Decode reads, without what is zero.
func Encode(v any) ([]byte, error) {
	return yaml.MarshalWithOptions(v, yaml.OmitZero(), yaml.IndentSequence(true))
}
