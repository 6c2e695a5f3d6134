package config

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// Load reads the YAML file at path over c. All that is wrong with it is one
// error: what cannot be decoded, and what validate reports of the rest, each
// line with the path of its key in front.
func Load[T any](path string, c *T, validate func(T) error) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read configuration: %w", err)
	}
	r := NewReport(path)
	Decode(text, c, r)
	r.AddInvalid(validate(*c))
	return r.Err()
}

// Decode reads a YAML document over c. It is strict: keys that c does not have
// and values of the wrong type are problems of the report, all of them, and the
// rest is in c all the same. A section without content leaves the defaults as
// they are.
func Decode[T any](text []byte, c *T, r *Report) {
	text = bytes.TrimPrefix(text, []byte("\ufeff")) // some editors begin files with it
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		r.add(lineOf(err), "", firstLine(err))
		return
	}
	if len(file.Docs) > 1 {
		r.add(file.Docs[1].GetToken().Position.Line, "", fmt.Sprintf("%d YAML documents in one file, want one", len(file.Docs)))
		return
	}
	for _, doc := range file.Docs {
		if doc.Body == nil || doc.Body.Type() == ast.NullType || doc.Body.Type() == ast.CommentType {
			continue
		}
		mendFlow(doc.Body)
		decodeBody(doc.Body, c, r)
	}
}

// decodeBody decodes what is left when inspect has taken out what is wrong.
func decodeBody[T any](body ast.Node, c *T, r *Report) {
	if top, is := body.(*ast.MappingNode); is {
		top.Values = slices.DeleteFunc(top.Values, func(v *ast.MappingValueNode) bool {
			return v.Value.Type() == ast.NullType
		})
	}
	if !r.inspect(body, reflect.TypeFor[T]()) {
		return
	}
	trial := *c
	// Behind aliases inspect does not look; this does.
	err := yaml.NewDecoder(strings.NewReader(""), yaml.Strict()).DecodeFromNode(body, &trial)
	if err != nil {
		r.add(lineOf(err), "", firstLine(err))
		return
	}
	*c = trial
}

// lineOf returns where the decoder found an error, 1 if it does not say.
func lineOf(err error) int {
	var at yaml.Error
	if errors.As(err, &at) && at.GetToken() != nil {
		return at.GetToken().Position.Line
	}
	return 1
}

// firstLine returns what the decoder says, without the text around it.
func firstLine(err error) string {
	var at yaml.Error
	if errors.As(err, &at) {
		return at.GetMessage()
	}
	first, _, _ := strings.Cut(err.Error(), "\n")
	return first
}
