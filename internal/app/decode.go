package app

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// decode reads a YAML document over c. It is strict: keys that c does not have
// and values of the wrong type are errors, all reported, each with its line. A
// section without content leaves the defaults as they are.
func decode(text []byte, c *Config) error {
	text = bytes.TrimPrefix(text, []byte("\ufeff")) // some editors begin files with it
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		return err
	}
	if len(file.Docs) > 1 {
		return fmt.Errorf("%d YAML documents in one file, want one", len(file.Docs))
	}
	for _, doc := range file.Docs {
		if doc.Body == nil || doc.Body.Type() == ast.NullType || doc.Body.Type() == ast.CommentType {
			continue
		}
		if top, is := doc.Body.(*ast.MappingNode); is {
			top.Values = slices.DeleteFunc(top.Values, func(v *ast.MappingValueNode) bool {
				return v.Value.Type() == ast.NullType
			})
		}
		return decodeBody(doc.Body, c)
	}
	return nil
}

// mostProblems bounds how many problems are listed.
const mostProblems = 50

// decodeBody decodes again and again, each time without the key that was wrong
// the time before, to find all of them.
func decodeBody(body ast.Node, c *Config) error {
	var errs []error
	for len(errs) < mostProblems {
		trial := *c
		err := yaml.NewDecoder(strings.NewReader(""), yaml.Strict()).DecodeFromNode(body, &trial)
		if err == nil {
			*c = trial
			break
		}
		at, message := explain(err, body)
		errs = append(errs, message)
		if at == nil || !removeKey(body, at) {
			break
		}
	}
	return errors.Join(errs...)
}

// explain says in the words of the file what the decoder found, and where.
func explain(err error, body ast.Node) (*token.Token, error) {
	var (
		unknown *yaml.UnknownFieldError
		wrong   *yaml.TypeError
		other   yaml.Error
	)
	switch {
	case errors.As(err, &unknown):
		return unknown.Token, fmt.Errorf("line %d: unknown key %q", unknown.Token.Position.Line, unknown.Token.Value)
	case errors.As(err, &wrong):
		return wrong.Token, fmt.Errorf("line %d: %q is not %s", wrong.Token.Position.Line, wrong.Token.Value, wanted(wrong.DstType))
	case errors.As(err, &other):
		return nil, err
	}
	// What time.ParseDuration says quotes the value, but not where it stands.
	for _, n := range ast.Filter(ast.StringType, body) {
		at := n.GetToken()
		if _, bad := time.ParseDuration(at.Value); bad != nil && strings.Contains(err.Error(), strconv.Quote(at.Value)) {
			return at, fmt.Errorf("line %d: %q is not a duration, such as 10s or 5m", at.Position.Line, at.Value)
		}
	}
	return nil, err
}

// wanted describes a type to whoever writes YAML.
func wanted(t reflect.Type) string {
	if t == reflect.TypeFor[time.Duration]() {
		return "a duration, such as 10s or 5m"
	}
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.String:
		return "text"
	case reflect.Slice:
		return "a list"
	case reflect.Struct, reflect.Map, reflect.Pointer:
		return "a section with keys"
	case reflect.Float32, reflect.Float64:
		return "a number"
	}
	return "a whole number"
}

// removeKey takes out of body the key that at is, or whose value at is.
func removeKey(body ast.Node, at *token.Token) bool {
	r := &remover{at: at.Position}
	ast.Walk(r, body)
	return r.done
}

type remover struct {
	at   *token.Position
	done bool
}

// Visit implements ast.Visitor.
func (r *remover) Visit(n ast.Node) ast.Visitor {
	if r.done {
		return nil
	}
	if m, is := n.(*ast.MappingNode); is {
		before := len(m.Values)
		m.Values = slices.DeleteFunc(m.Values, func(v *ast.MappingValueNode) bool {
			return r.is(v.Key.GetToken()) || r.is(v.Value.GetToken())
		})
		r.done = len(m.Values) < before
	}
	return r
}

func (r *remover) is(t *token.Token) bool {
	return t != nil && t.Position.Line == r.at.Line && t.Position.Column == r.at.Column
}
