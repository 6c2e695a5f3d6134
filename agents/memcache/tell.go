package memcache

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"plimsoll/agents/batch"
)

// tell turns the answers of one tick into samples.
func tell(b *batch.Batch, got *answers) error {
	stats, settings := got[0], got[1]
	b.Gauge("memcached_version", 1, "version", stats["version"])
	return errors.Join(
		b.Fields(slices.Concat(requests(), general(), external()), stats),
		sets(b, "memcached_commands_total", stats, []string{"cas_misses", "cas_hits", "cas_badval"}),
		b.Fields(limits(), settings),
		b.Fields(switches(), numbersOf(settings)),
		slabs(b, got[2], got[3]),
	)
}

// sets tells of plain sets. memcached counts cas commands among cmd_set.
func sets(b *batch.Batch, name string, stats map[string]string, cas []string, pairs ...string) error {
	text, is := stats["cmd_set"]
	if !is {
		return nil
	}
	total, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return fmt.Errorf("cmd_set: %q is not a number", text)
	}
	for _, key := range cas {
		if n, err := strconv.ParseFloat(stats[key], 64); err == nil {
			total -= n
		}
	}
	b.Counter(name, max(total, 0), append(pairs, "command", "set", "status", "hit")...)
	return nil
}

// numbersOf makes settings that are yes or no 1 or 0.
func numbersOf(settings map[string]string) map[string]string {
	out := make(map[string]string, len(settings))
	for key, value := range settings {
		switch value {
		case "yes":
			out[key] = "1"
		case "no":
			out[key] = "0"
		default:
			out[key] = value
		}
	}
	return out
}

// slabs tells of each slab class: "1:chunk_size" of stats slabs, "items:1:age"
// of stats items.
func slabs(b *batch.Batch, slabs, items map[string]string) error {
	classes := map[string]map[string]string{}
	add := func(key, value string) {
		class, field, is := strings.Cut(key, ":")
		if _, err := strconv.Atoi(class); !is || err != nil {
			return // active_slabs, total_malloced
		}
		if classes[class] == nil {
			classes[class] = map[string]string{}
		}
		classes[class][field] = value
	}
	for key, value := range slabs {
		add(key, value)
	}
	for key, value := range items {
		add(strings.TrimPrefix(key, "items:"), value)
	}
	errs := []error{b.Fields(malloced(), slabs)}
	table := perSlab()
	for class, values := range classes {
		err := errors.Join(
			b.Fields(table, values, "slab", class),
			sets(b, "memcached_slab_commands_total", values, []string{"cas_hits", "cas_badval"}, "slab", class),
		)
		if err != nil {
			errs = append(errs, fmt.Errorf("slab %s: %w", class, err))
		}
	}
	return errors.Join(errs...)
}
