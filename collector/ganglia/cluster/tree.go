package cluster

// Head is a cluster without its hosts.
type Head struct {
	Name, Owner, LatLong, URL string
	LocalTime                 int64 // its clock, in Unix seconds
}

// Host is one host with its metrics.
type Host struct {
	Name, IP, Location, Tags string
	Reported                 int64 // when it was last heard of, by the cluster's clock
	Started                  int64 // when its gmond began, in Unix seconds; 0: not known
	// TN is how long ago it was heard of; it ought to be heard of each TMAX, and
	// goes after DMAX of silence, if that is not 0. All in seconds.
	TN, TMAX, DMAX int64
	Metrics        []Metric
}

// Up says whether the host is alive, by gmetad's rule.
func (h *Host) Up() bool { return h.TN <= 4*h.TMAX }

// Metric is one metric of a host.
type Metric struct {
	Name, Value, Type, Units, Slope string
	TN, TMAX, DMAX                  int64 // seconds, as a Host's
	Extra                           []Extra
}

// Extra is one of the further pairs that describe a metric.
type Extra struct{ Name, Value string }

// Get returns the value of a pair; of several with one name, the last, which the
// metric's sender gave first.
func (m *Metric) Get(name string) (value string) {
	for _, e := range m.Extra {
		if e.Name == name {
			value = e.Value
		}
	}
	return value
}
