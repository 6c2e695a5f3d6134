package otlp

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/prometheus/otlptranslator"
	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
)

// identity is what a resource gives to each of its series.
type identity struct {
	own  []labels.Label // job, instance and what is promoted
	info labels.Labels  // of target_info; empty without anything to tell
	bad  string         // why nothing of it is taken
}

// identify reads the attributes of a resource.
func identify(attrs []attr, promote []string) identity {
	if len(attrs) > maxAttrs {
		return identity{bad: reasonMany}
	}
	var id identity
	var service, namespace, instance string
	var rest, promoted []attr
	for _, a := range attrs {
		switch a.key {
		case "service.name":
			service = a.value
		case "service.namespace":
			namespace = a.value
		case "service.instance.id":
			instance = a.value
		default:
			rest = append(rest, a)
		}
		if slices.Contains(promote, a.key) {
			promoted = append(promoted, a)
		}
	}
	if namespace != "" && service != "" {
		service = namespace + "/" + service
	}
	b := labels.NewBuilder(labels.EmptyLabels())
	id.bad = set(b, promoted)
	b.Set("job", service).Set("instance", instance) // an empty value is none
	b.Labels().Range(func(l labels.Label) { id.own = append(id.own, l) })
	if len(rest) == 0 || service == "" && instance == "" {
		return id
	}
	b.Reset(labels.EmptyLabels())
	id.bad = cmp.Or(id.bad, set(b, rest))
	b.Set(metric.NameLabel, "target_info").Set("job", service).Set("instance", instance)
	if id.bad == "" {
		id.info = b.Labels()
	}
	return id
}

// labels returns those of a series, and what is wrong with them. What the resource
// says goes over what the point says.
func (id identity) labels(name string, attrs []attr) (labels.Labels, string) {
	b := labels.NewBuilder(labels.FromStrings(metric.NameLabel, name))
	if len(attrs) > maxAttrs {
		return b.Labels(), reasonMany
	}
	bad := cmp.Or(id.bad, set(b, attrs))
	for _, l := range id.own {
		b.Set(l.Name, l.Value)
	}
	b.Set(metric.NameLabel, name)
	return b.Labels(), bad
}

// set gives attributes as labels. Keys that become one name are joined in their
// order, as Prometheus does it.
func set(b *labels.Builder, attrs []attr) (bad string) {
	attrs = slices.Clone(attrs)
	slices.SortStableFunc(attrs, func(a, b attr) int { return strings.Compare(a.key, b.key) })
	namer := otlptranslator.LabelNamer{}
	last := ""
	for _, a := range attrs {
		name, err := namer.Build(a.key)
		if err != nil || !utf8.ValidString(a.key) || !utf8.ValidString(a.value) {
			return reasonLabels
		}
		value := a.value
		if was := b.Get(name); was != "" && name != metric.NameLabel && last != a.key {
			value = was + ";" + value
		}
		b.Set(name, value)
		last = a.key
	}
	return ""
}
