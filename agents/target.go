package agents

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
)

// Options are what every target's block of the configuration may say.
type Options struct {
	// Job and Instance are the labels job and instance of the target's samples.
	Job      string `yaml:"job"`
	Instance string `yaml:"instance"`
	// Interval is how often the target is asked; 0: as often as all others.
	Interval time.Duration `yaml:"interval"`
	// Live has the target asked at each live tick too.
	Live bool `yaml:"live"`
	// Labels are added to every sample, and win over the agent's own.
	Labels map[string]string `yaml:"labels"`
}

// Target is an agent with the labels and the rhythm of its samples. One without
// a Job and an Instance measures the host itself and has those of the Runner.
type Target struct {
	Agent
	Options
}

// Named fills in what o leaves open: the job, and the instance by the address
// that is asked. An address that means only the host it is used on (loopback, a
// unix socket, a bare port) becomes host:port or the host alone, so that targets
// of many hosts keep apart.
func (o Options) Named(job, address, host string) Options {
	if o.Job == "" {
		o.Job = job
	}
	if o.Instance == "" {
		o.Instance = instanceOf(address, host)
	}
	return o
}

func instanceOf(address, host string) string {
	name, port, err := net.SplitHostPort(address)
	switch ip := net.ParseIP(name); {
	case err != nil && (address == "" || address[0] == '/' || address == "localhost"):
		return host
	case err != nil:
		return address
	case name == "" || name == "localhost" || ip != nil && (ip.IsLoopback() || ip.IsUnspecified()):
		return net.JoinHostPort(host, port)
	}
	return address
}

// Validate reports all that is wrong with the options.
func (o Options) Validate() error {
	var errs []error
	if o.Interval < 0 || o.Interval%time.Second != 0 {
		errs = append(errs, fmt.Errorf("interval: %v is not a whole number of seconds", o.Interval))
	}
	for _, name := range slices.Sorted(maps.Keys(o.Labels)) {
		if !model.LegacyValidation.IsValidLabelName(name) || name == metric.NameLabel || name == "job" || name == "instance" {
			errs = append(errs, fmt.Errorf("labels: %q is no label that can be added", name))
		}
	}
	return errors.Join(errs...)
}

// own says whether the target has labels of its own, and is therefore told of by
// the series up.
func (t Target) own() bool { return t.Job != "" }

// relabelCache bounds the label sets that a relabel remembers.
const relabelCache = 20_000

// relabel adds fixed labels to samples. It remembers the label sets it made,
// because an agent returns the same ones at each call. It is used by the holder
// of the busy token alone.
type relabel struct {
	add  labels.Labels
	made map[string]labels.Labels
	key  []byte
}

func (r *relabel) apply(samples []metric.Sample) {
	for i := range samples {
		r.key = samples[i].Labels.Bytes(r.key[:0])
		l, ok := r.made[string(r.key)]
		if !ok {
			l = r.with(samples[i].Labels)
			if r.made == nil || len(r.made) >= relabelCache {
				r.made = make(map[string]labels.Labels)
			}
			r.made[string(r.key)] = l
		}
		samples[i].Labels = l
	}
}

func (r *relabel) with(l labels.Labels) labels.Labels {
	b := labels.NewBuilder(l)
	r.add.Range(func(a labels.Label) { b.Set(a.Name, a.Value) })
	return b.Labels()
}

// CheckAddress reports, by its key, an address that is neither host:port nor the
// path of a unix socket.
func CheckAddress(key, address string) error {
	if strings.HasPrefix(address, "/") {
		return nil
	}
	_, port, err := net.SplitHostPort(address)
	if _, bad := strconv.ParseUint(port, 10, 16); err != nil || bad != nil {
		return fmt.Errorf("%s: %q is neither host:port nor the path of a unix socket", key, address)
	}
	return nil
}
