package ganglia

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"plimsoll/collector/port"
	"plimsoll/internal/metric"
)

// Config says where to listen, whom to poll, and the limits.
type Config struct {
	// Listen is where datagrams come, host:port; empty for none. Group is a
	// multicast group to join besides, on Interface, or on one that the system
	// chooses: Listen must then be an address that the group reaches, 0.0.0.0:8649.
	Listen    string `yaml:"listen"`
	Group     string `yaml:"group"`
	Interface string `yaml:"interface"`
	// Allow, when not empty, lists the addresses and networks that may send
	// datagrams and read XML.
	Allow []string `yaml:"allow"`
	// XML is where all is served as gmond does it, Interactive where gmetad's
	// queries are answered; empty for neither.
	XML         string `yaml:"xml"`
	Interactive string `yaml:"interactive"`
	// Optional lets the start succeed when one of these addresses is taken.
	Optional bool `yaml:"optional"`

	// Cluster is the cluster of the datagrams' hosts; empty: they have none, and
	// in XML the one that gmond calls "unspecified". Grid names the whole.
	Cluster string `yaml:"cluster"`
	Grid    string `yaml:"grid"`
	// OwnCluster is the cluster in XML of the hosts that our own agents measure;
	// empty leaves them out.
	OwnCluster string `yaml:"own_cluster"`
	// Names says how the hosts of datagrams are called: "dns", "packet" or
	// "address".
	Names string `yaml:"names"`
	// AskPort is where senders are asked for metadata; 0: they are not.
	AskPort int `yaml:"ask_port"`
	// HostTMAX is how often hosts are to be heard of by datagrams.
	HostTMAX time.Duration `yaml:"host_tmax"`
	// Interval is how often up, and gauges that still hold, are told.
	Interval time.Duration `yaml:"interval"`
	// Forget is the silence after which a host or a metric is forgotten.
	Forget time.Duration `yaml:"forget"`
	// DataSources are polled.
	DataSources []DataSource `yaml:"data_sources"`

	MaxSources          int `yaml:"max_sources"`
	MaxHosts            int `yaml:"max_hosts"`
	MaxHostsPerSource   int `yaml:"max_hosts_per_source"`
	MaxMetricsPerHost   int `yaml:"max_metrics_per_host"`
	MaxPacketsPerSecond int `yaml:"max_packets_per_second"` // of one source
	MaxDocumentBytes    int `yaml:"max_document_bytes"`     // of a poll, unpacked
	MaxConnections      int `yaml:"max_connections"`        // of readers, to each port
	ReadBuffer          int `yaml:"read_buffer_bytes"`

	// Dir is where hosts and metadata are kept; empty keeps them nowhere.
	Dir string `yaml:"-"`
	// Local is the name of this machine.
	Local string `yaml:"-"`
	// SinkFor returns where the samples of a source go.
	SinkFor func(source string) metric.Sink `yaml:"-"`
	// OwnHosts lists the hosts of our own agents, Querier knows their metrics.
	OwnHosts func() []metric.Host `yaml:"-"`
	Querier  metric.Querier       `yaml:"-"`
	// LookupAddr finds the names of an address; nil: net.DefaultResolver's.
	LookupAddr func(ctx context.Context, addr string) ([]string, error) `yaml:"-"`
	Now        func() time.Time                                         `yaml:"-"` // nil: time.Now
	Registerer prometheus.Registerer                                    `yaml:"-"`
	Logger     *slog.Logger                                             `yaml:"-"`
}

// The values of Config.Names.
const (
	namesDNS     = "dns"
	namesPacket  = "packet"
	namesAddress = "address"
)

// usualPort is Ganglia's, of datagrams and of gmond's XML.
const usualPort = 8649

// Default listens on this machine only.
func Default() Config {
	return Config{
		Listen: "127.0.0.1:8649", XML: "127.0.0.1:8651", Interactive: "127.0.0.1:8652", Optional: true,
		Grid: "plimsoll", OwnCluster: "plimsoll", Names: namesDNS, AskPort: usualPort,
		HostTMAX: 20 * time.Second, Interval: 15 * time.Second, Forget: 7 * 24 * time.Hour,
		MaxSources: 5000, MaxHosts: 20_000, MaxHostsPerSource: 2000, MaxMetricsPerHost: 1000,
		MaxPacketsPerSecond: 10_000, MaxDocumentBytes: 128 << 20, MaxConnections: 32, ReadBuffer: 16 << 20,
	}
}

// Validate reports all that is wrong with c, each with its key.
func (c Config) Validate() error {
	var errs []error
	bad := func(wrong bool, format string, args ...any) {
		if wrong {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	for key, addr := range c.Addresses() {
		bad(addr != "" && !port.IsHostPort(addr), "%s: %q is not host:port, such as 127.0.0.1:8649", key, addr)
	}
	group, err := netip.ParseAddr(c.Group)
	bad(c.Group != "" && (err != nil || !group.Is4() || !group.IsMulticast()), "group: %q is not an IPv4 multicast address, such as 239.2.11.71", c.Group)
	bad(c.Interface != "" && c.Group == "", "interface: %q is of no use without group", c.Interface)
	_, err = port.ParseAllow(c.Allow)
	bad(err != nil, "allow%w", err)
	bad(c.Names != namesDNS && c.Names != namesPacket && c.Names != namesAddress, "names: %q is not dns, packet or address", c.Names)
	bad(c.AskPort < 0 || c.AskPort > 65535, "ask_port: %d is not in 0..65535", c.AskPort)
	bad(c.HostTMAX < time.Second, "host_tmax: %v is less than 1s", c.HostTMAX)
	bad(c.Interval < time.Second, "interval: %v is less than 1s", c.Interval)
	bad(c.Forget < time.Minute, "forget: %v is less than 1m", c.Forget)
	for key, name := range map[string]string{"cluster": c.Cluster, "grid": c.Grid, "own_cluster": c.OwnCluster} {
		bad(name != "" && !goodName(name), "%s: %q cannot be a name", key, name)
	}
	return errors.Join(append(append(errs, c.validateLimits()...), c.validateSources()...)...)
}

// Addresses returns what is listened on, by key.
func (c Config) Addresses() map[string]string {
	return map[string]string{"listen": c.Listen, "xml": c.XML, "interactive": c.Interactive}
}

func (c Config) validateLimits() (errs []error) {
	for _, l := range []struct {
		key   string
		value int
	}{
		{"max_sources", c.MaxSources},
		{"max_hosts", c.MaxHosts},
		{"max_hosts_per_source", c.MaxHostsPerSource},
		{"max_metrics_per_host", c.MaxMetricsPerHost},
		{"max_packets_per_second", c.MaxPacketsPerSecond},
		{"max_document_bytes", c.MaxDocumentBytes},
		{"max_connections", c.MaxConnections},
		{"read_buffer_bytes", c.ReadBuffer},
	} {
		if l.value < 1 {
			errs = append(errs, fmt.Errorf("%s: %d is less than 1", l.key, l.value))
		}
	}
	return errs
}
