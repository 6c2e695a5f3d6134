package e2e

import (
	"fmt"
	"maps"
	"net"
	"strconv"
	"strings"
	"testing"
)

// TestHotShots sends with the npm package hot-shots, over UDP and TCP, a line at
// a time and packed, as statsd and as DogStatsD have it.
func TestHotShots(t *testing.T) {
	in := newIntake(t)
	sent := map[string]string{} // names by case
	cases := map[string]struct {
		at      string
		options map[string]any
		lines   int
		bad     map[string]uint64
		views   string // page_view is 5; who adds up himself can take one off it
	}{
		"udp":        {in.udp, map[string]any{"protocol": "udp"}, 39, map[string]uint64{"negative value": 1}, "5"},
		"tcp":        {in.tcp, map[string]any{"protocol": "tcp"}, 39, map[string]uint64{"negative value": 1}, "5"},
		"packed":     {in.udp, map[string]any{"maxBufferSize": 1400, "bufferFlushInterval": 20}, 39, map[string]uint64{"negative value": 1}, "5"},
		"packed_tcp": {in.tcp, map[string]any{"protocol": "tcp", "maxBufferSize": 200}, 39, map[string]uint64{"negative value": 1}, "5"},
		"aggregated": {
			in.udp,
			map[string]any{"datadog": true, "containerID": "ci-71", "cardinality": "low", "aggregation": true, "maxBufferSize": 1400},
			36 + 9, // what the client tells of itself
			map[string]uint64{},
			"4",
		},
	}
	for name, c := range cases {
		t.Run("send "+name, func(t *testing.T) {
			host, port, err := net.SplitHostPort(c.at)
			if err != nil {
				t.Fatal(err)
			}
			options := maps.Clone(c.options)
			options["host"] = host
			options["port"], _ = strconv.Atoi(port)
			sent[name] = in.counts(t, c.bad, func(first string) int {
				options["prefix"] = first + name
				run(t, "node", "hotshots.js", toJSON(t, options))
				return c.lines
			}) + name
		})
	}
	for name, prefix := range sent {
		t.Run("see "+name, func(t *testing.T) {
			in.shows(t, prefix, hotShots)
			in.shows(t, prefix, map[string]string{`NAME_page_view_total`: cases[name].views})
			in.hasEvent(t, prefix+".deployed", "7.3.1\nby anna")
		})
	}
}

// hotShots is what clients/hotshots.js comes to.
var hotShots = map[string]string{
	`NAME_apples_total{app="shop",ripe="true",from="farm:7"}`: "2",
	`NAME_pears_total`:                    "2",
	`NAME_db_seconds_sum{table=""}`:       "0.25",
	`NAME_db_seconds_sum{table="photos"}`: "0.7505",
	`NAME_slow_seconds_count`:             "20",
	`round(NAME_slow_seconds_sum, 1e-6)`:  "2",
	`NAME_wait_seconds_sum`:               "0.04",
	`NAME_size_sum`:                       "1024",
	`NAME_size_count`:                     "2",
	`NAME_temp`:                           "19.5",
	`max_over_time(NAME_users[5m])`:       "2",
	`NAME_sampled_total`:                  "120",
	`NAME_stamped`:                        "7",
	`service_check_status{check="NAME.can_connect",host="web3",env="prod",app="shop"}`: "1",
	`count(abs(max_over_time(NAME_slow_seconds{quantile="0.95"}[5m]) - 0.1) <= 0.001)`: "1",
}

// hasEvent waits until an event of web3 is listed.
func (in *intake) hasEvent(t *testing.T, title, text string) {
	t.Helper()
	eventually(t, "the event "+title, func() error {
		var answer struct {
			Events []struct {
				Title, Text, Host, Key, Priority, Source, Type string
				Labels                                         map[string]string
			}
		}
		if err := in.json(fmt.Sprintf(`/api/plimsoll/v1/events?match[]={title=%q}`, title), &answer); err != nil {
			return err
		}
		if len(answer.Events) != 1 {
			return fmt.Errorf("%d events", len(answer.Events))
		}
		e := answer.Events[0]
		got := strings.Join([]string{e.Text, e.Host, e.Key, e.Priority, e.Source, e.Type, e.Labels["env"]}, " ")
		if want := text + " web3 d7 low ci success prod"; got != want {
			return fmt.Errorf("got %q, want %q", got, want)
		}
		return nil
	})
}
