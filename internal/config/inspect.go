package config

import (
	"encoding"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// inspect compares a document with what a t has a place for. It notes where each
// key stands and what is wrong, and takes that out of the document. It reports
// whether anything is left.
func (r *Report) inspect(body ast.Node, t reflect.Type) bool {
	r.lines[""] = 1
	return r.value(body, t, "")
}

// value looks at the value of the key path, which is to be a t. It reports
// whether it can be decoded.
func (r *Report) value(n ast.Node, t reflect.Type, path string) bool {
	switch n := n.(type) {
	case *ast.AnchorNode:
		return r.value(n.Value, t, path)
	case *ast.TagNode: // !!map, !!str
		if n.Value != nil && (n.Value.Type() == ast.MappingType || n.Value.Type() == ast.SequenceType) {
			return r.value(n.Value, t, path)
		}
	case *ast.AliasNode, *ast.NullNode:
		return true // the decoder looks behind it
	}
	for t.Kind() == reflect.Pointer && !decodesItself(t) {
		t = t.Elem()
	}
	if !decodesItself(t) {
		switch t.Kind() {
		case reflect.Struct, reflect.Map:
			if m, is := n.(*ast.MappingNode); is {
				r.mapping(m, t, path)
				return true
			}
			return r.unfit(n, t, path)
		case reflect.Slice:
			if s, is := n.(*ast.SequenceNode); is {
				r.sequence(s, t.Elem(), path)
				return true
			}
			return r.unfit(n, t, path)
		}
	}
	err := yaml.NodeToValue(n, reflect.New(t).Interface(), yaml.Strict())
	switch {
	case err == nil:
		return true
	case decodesItself(t):
		r.broken = append(r.broken, path)
		r.add(r.lineOf(path), path, firstLine(err))
		return false
	}
	return r.unfit(n, t, path)
}

// unfit notes that a value is of a wrong type.
func (r *Report) unfit(n ast.Node, t reflect.Type, path string) bool {
	r.broken = append(r.broken, path)
	r.add(r.lineOf(path), path, fmt.Sprintf("%s is not %s", shown(n), wanted(t)))
	return false
}

// mapping looks at the keys of a section, or of a map.
func (r *Report) mapping(m *ast.MappingNode, t reflect.Type, path string) {
	m.Values = slices.DeleteFunc(m.Values, func(v *ast.MappingValueNode) bool {
		if v.Key.IsMergeKey() {
			return false
		}
		at := v.Key.GetToken()
		key := strings.TrimPrefix(path+"."+at.Value, ".")
		r.lines[key] = at.Position.Line
		of, known := keyType(t, at.Value)
		if !known {
			r.add(at.Position.Line, key, "unknown key")
			return true
		}
		return !r.value(v.Value, of, key)
	})
}

// sequence looks at the items of a list. One that is wrong leaves an empty one,
// so that the others keep their numbers.
func (r *Report) sequence(s *ast.SequenceNode, t reflect.Type, path string) {
	for i, n := range s.Values {
		item := fmt.Sprintf("%s[%d]", path, i)
		r.lines[item] = firstToken(n).Position.Line
		if !r.value(n, t, item) {
			s.Values[i] = ast.Null(token.New("null", "null", n.GetToken().Position))
		}
	}
}

// firstToken returns where a node begins: a mapping's own token is a colon.
func firstToken(n ast.Node) *token.Token {
	if m, is := n.(*ast.MappingNode); is && len(m.Values) > 0 {
		return m.Values[0].Key.GetToken()
	}
	return n.GetToken()
}

// keyType returns the type of the value of a key of a section or of a map.
func keyType(t reflect.Type, key string) (reflect.Type, bool) {
	if t.Kind() == reflect.Map {
		return t.Elem(), true
	}
	return fieldType(t, key)
}

// fieldType returns the type of the field of a struct that a key is decoded into.
func fieldType(t reflect.Type, key string) (reflect.Type, bool) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		switch {
		case !f.IsExported() && !f.Anonymous, name == "-":
		case options == "inline":
			if of, known := fieldType(f.Type, key); known {
				return of, true
			}
		case name == key, name == "" && strings.ToLower(f.Name) == key:
			return f.Type, true
		}
	}
	return nil, false
}

// decodesItself tells whether values of a type are read by a method of theirs.
func decodesItself(t reflect.Type) bool {
	switch reflect.New(t).Interface().(type) {
	case yaml.BytesUnmarshaler, yaml.InterfaceUnmarshaler, yaml.NodeUnmarshaler, encoding.TextUnmarshaler:
		return true
	}
	return false
}

// shown is a value as people wrote it.
func shown(n ast.Node) string {
	switch n.(type) {
	case *ast.MappingNode:
		return "a section with keys"
	case *ast.SequenceNode:
		return "a list"
	}
	return fmt.Sprintf("%q", n.GetToken().Value)
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
	case reflect.Struct, reflect.Map:
		return "a section with keys"
	case reflect.Float32, reflect.Float64:
		return "a number"
	}
	return "a whole number"
}
