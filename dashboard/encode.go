package dashboard

import (
	"encoding/json"
	"math"
	"strconv"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
)

// appendResult appends the data of a query's answer as Prometheus writes it:
//
//	vector  {"resultType":"vector","result":[{"metric":{…},"value":[1435781451.781,"1"]}…]}
//	matrix  {"resultType":"matrix","result":[{"metric":{…},"values":[[1435781451.781,"1"]…]}…]}
//	scalar  {"resultType":"scalar","result":[1435781451.781,"1"]}
//	string  {"resultType":"string","result":[1435781451.781,"text"]}
func appendResult(b []byte, res metric.Result) []byte {
	b = append(b, `{"resultType":"`...)
	b = append(b, res.Type...)
	b = append(b, `","result":`...)
	switch res.Type {
	case metric.Scalar:
		b = appendPoint(b, onlyPoint(res))
	case metric.String:
		b = append(appendTime(append(b, '['), onlyPoint(res).At), ',')
		b = append(appendString(b, res.Text), ']')
	case metric.Vector:
		b = appendVector(b, res.Series)
	default:
		b = appendMatrix(b, res.Series)
	}
	return append(b, '}')
}

// onlyPoint returns the point of a scalar or a string.
func onlyPoint(res metric.Result) metric.Point {
	if len(res.Series) == 0 || len(res.Series[0].Points) == 0 {
		return metric.Point{Value: math.NaN()}
	}
	return res.Series[0].Points[0]
}

func appendVector(b []byte, series []metric.Series) []byte {
	b = append(b, '[')
	first := true
	for _, s := range series {
		if len(s.Points) == 0 {
			continue
		}
		b = comma(b, &first)
		b = append(appendLabels(append(b, `{"metric":`...), s.Labels), `,"value":`...)
		b = append(appendPoint(b, s.Points[0]), '}')
	}
	return append(b, ']')
}

func appendMatrix(b []byte, series []metric.Series) []byte {
	b = append(b, '[')
	first := true
	for _, s := range series {
		b = comma(b, &first)
		b = append(appendLabels(append(b, `{"metric":`...), s.Labels), `,"values":[`...)
		for i, p := range s.Points {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendPoint(b, p)
		}
		b = append(b, `]}`...)
	}
	return append(b, ']')
}

func appendPoint(b []byte, p metric.Point) []byte {
	b = append(appendTime(append(b, '['), p.At), `,"`...)
	return append(appendFloat(b, p.Value), `"]`...)
}

// appendTime appends milliseconds as seconds, exactly.
func appendTime(b []byte, ms int64) []byte {
	if ms < 0 {
		b = append(b, '-')
		ms = -ms
	}
	b = strconv.AppendInt(b, ms/1000, 10)
	fraction := ms % 1000
	if fraction == 0 {
		return b
	}
	return append(b, '.', '0'+byte(fraction/100), '0'+byte(fraction/10%10), '0'+byte(fraction%10))
}

// appendFloat appends f as Prometheus writes values: +Inf, -Inf and NaN too
// (prometheus/prometheus:util/jsonutil/marshal.go).
func appendFloat(b []byte, f float64) []byte {
	format := byte('f')
	if abs := math.Abs(f); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		format = 'e'
	}
	return strconv.AppendFloat(b, f, format, -1, 64)
}

// appendNumber appends f as a JSON number, and null for what is none.
func appendNumber(b []byte, f float64) []byte {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return append(b, `null`...)
	}
	return appendFloat(b, f)
}

func appendLabels(b []byte, ls labels.Labels) []byte {
	b = append(b, '{')
	first := true
	ls.Range(func(l labels.Label) {
		b = comma(b, &first)
		b = append(appendString(b, l.Name), ':')
		b = appendString(b, l.Value)
	})
	return append(b, '}')
}

// appendString appends s as a JSON string. Most names and values are plain.
func appendString(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c > 0x7e || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			quoted, err := json.Marshal(s)
			if err != nil {
				panic("BUG: a string cannot be encoded: " + err.Error())
			}
			return append(b, quoted...)
		}
	}
	b = append(append(b, '"'), s...)
	return append(b, '"')
}

// comma separates the elements of a list.
func comma(b []byte, first *bool) []byte {
	if *first {
		*first = false
		return b
	}
	return append(b, ',')
}
