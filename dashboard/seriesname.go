package dashboard

import (
	"slices"
	"strings"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
	"plimsoll/internal/picture"
)

// kept returns the series that the request is about, in the order of their
// labels, so that the same question gives the same picture.
func (r PictureRequest) kept(all []metric.Series) []metric.Series {
	kept := slices.DeleteFunc(slices.Clone(all), func(s metric.Series) bool { return r.Of != nil && !agree(s.Labels, r.Of) })
	slices.SortStableFunc(kept, func(a, b metric.Series) int { return labels.Compare(a.Labels, b.Labels) })
	return kept
}

// agree reports whether no label of a series has another value in of.
func agree(ls labels.Labels, of map[string]string) bool {
	agreed := true
	ls.Range(func(l labels.Label) {
		v, has := of[l.Name]
		agreed = agreed && (!has || v == l.Value || l.Name == metric.NameLabel)
	})
	return agreed
}

// named names the series of an expression by the labels that differ among them;
// one alone by all its labels, or by its expression where there are several.
func named(expr string, all []metric.Series, several bool) []picture.Series {
	var out []picture.Series
	for _, s := range all {
		var words []string
		s.Labels.Range(func(l labels.Label) {
			if differs(all, l) {
				words = append(words, l.Value)
			}
		})
		name := strings.Join(words, " ")
		switch {
		case len(all) == 1 && !several && !s.Labels.IsEmpty():
			name = asPromQL(s.Labels)
		case len(all) == 1 || name == "":
			name = expr
		case several:
			name = expr + ": " + name
		}
		out = append(out, picture.Series{Name: name, Points: s.Points})
	}
	return out
}

// asPromQL is a label set as PromQL has it: name{label="value"}.
func asPromQL(ls labels.Labels) string {
	name := ls.Get(metric.NameLabel)
	rest := labels.NewBuilder(ls).Del(metric.NameLabel).Labels()
	if name != "" && rest.IsEmpty() {
		return name
	}
	return name + rest.String()
}

// differs reports whether a series has another value of the label.
func differs(all []metric.Series, l labels.Label) bool {
	return slices.ContainsFunc(all, func(s metric.Series) bool { return s.Labels.Get(l.Name) != l.Value })
}
