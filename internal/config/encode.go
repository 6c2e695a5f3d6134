package config

import (
	"fmt"
	"strconv"

	"github.com/goccy/go-yaml"
)

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

// EncodeEdited is Encode with each text replaced by what edit makes of it, told the
// path of keys and indices that it stands at.
func EncodeEdited(v any, edit func(path []string, text string) string) ([]byte, error) {
	text, err := Encode(v)
	if err != nil {
		return nil, err
	}
	var whole any
	if err := yaml.UnmarshalWithOptions(text, &whole, yaml.UseOrderedMap()); err != nil {
		return nil, err
	}
	return Encode(edited(whole, nil, edit))
}

func edited(v any, path []string, edit func([]string, string) string) any {
	switch v := v.(type) {
	case yaml.MapSlice:
		for i, item := range v {
			v[i].Value = edited(item.Value, append(path, fmt.Sprint(item.Key)), edit)
		}
	case []any:
		for i, item := range v {
			v[i] = edited(item, append(path, strconv.Itoa(i)), edit)
		}
	case string:
		return edit(path, v)
	}
	return v
}
