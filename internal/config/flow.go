package config

import (
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// mendFlow puts right what the parser takes apart: in a list inside braces,
// {targets: [web1:80]}, it reads the plain scalar web1:80 as a mapping, though no
// space follows the colon (YAML 1.2, 7.3.3).
func mendFlow(body ast.Node) { ast.Walk(flowMender{}, body) }

type flowMender struct{}

// Visit implements ast.Visitor.
func (m flowMender) Visit(n ast.Node) ast.Visitor {
	list, is := n.(*ast.SequenceNode)
	if !is {
		return m
	}
	for i, item := range list.Values {
		if text, torn := joined(item); torn {
			at := *firstToken(item).Position
			list.Values[i] = ast.String(token.String(text, text, &at))
		}
	}
	return m
}

// joined returns the text of a scalar that was torn into a mapping.
func joined(n ast.Node) (text string, torn bool) {
	m, is := n.(*ast.MappingNode)
	if !is || m.IsFlowStyle || len(m.Values) != 1 {
		return "", false
	}
	pair := m.Values[0]
	key, colon, value := pair.Key.GetToken(), pair.Start, firstToken(pair.Value)
	if key == nil || colon == nil || value == nil || colon.Value != ":" || value.Position.Offset != colon.Position.Offset+1 {
		return "", false
	}
	rest, more := joined(pair.Value)
	if !more {
		rest = strings.TrimSpace(value.Origin)
	}
	return strings.TrimSpace(key.Origin) + ":" + rest, true
}
