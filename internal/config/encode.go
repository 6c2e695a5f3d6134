package config

import "github.com/goccy/go-yaml"

// Encode writes v as the YAML that Decode reads, without what is zero.
func Encode(v any) ([]byte, error) {
	return yaml.MarshalWithOptions(v, yaml.OmitZero(), yaml.IndentSequence(true))
}

// EncodeNoted is Encode with a comment behind the values of some paths, written
// as YAMLPath: $.rules[0].for.
func EncodeNoted(v any, notes map[string]string) ([]byte, error) {
	comments := yaml.CommentMap{}
	for path, note := range notes {
		comments[path] = []*yaml.Comment{yaml.LineComment(" " + note)}
	}
	return yaml.MarshalWithOptions(v, yaml.OmitZero(), yaml.IndentSequence(true), yaml.WithComment(comments))
}
