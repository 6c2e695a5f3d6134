package host

import (
	"context"
	"fmt"
	"strings"

	"plimsoll/agents/batch"
	"plimsoll/internal/metric"
)

// netstats are the fields of /proc/net/snmp and /proc/net/netstat that are kept.
var netstats = map[string]string{
	"Tcp_CurrEstab":          "TCP connections that are established.",
	"Tcp_ActiveOpens":        "TCP connections opened by this host.",
	"Tcp_PassiveOpens":       "TCP connections opened by others.",
	"Tcp_InSegs":             "TCP segments received.",
	"Tcp_OutSegs":            "TCP segments sent.",
	"Tcp_OutRsts":            "TCP resets sent.",
	"Tcp_RetransSegs":        "TCP segments sent again.",
	"Tcp_InErrs":             "TCP segments received damaged.",
	"TcpExt_ListenOverflows": "Connections dropped because a listener's queue was full.",
	"TcpExt_ListenDrops":     "Connections dropped by listeners.",
	"TcpExt_TCPSynRetrans":   "SYN and SYN-ACK segments sent again.",
	"TcpExt_TCPTimeouts":     "TCP retransmission timers that ran out.",
	"Udp_InDatagrams":        "UDP datagrams received.",
	"Udp_OutDatagrams":       "UDP datagrams sent.",
	"Udp_InErrors":           "UDP datagrams that could not be delivered.",
	"Udp_NoPorts":            "UDP datagrams to a port that nobody listens on.",
	"Udp_RcvbufErrors":       "UDP datagrams dropped because a receive buffer was full.",
	"Udp_SndbufErrors":       "UDP datagrams dropped because a send buffer was full.",
}

// parseNetstat reads pairs of lines, names and then values, each beginning with
// the protocol:
//
//	Tcp: RtoAlgorithm RtoMin …
//	Tcp: 1 200 …
func parseNetstat(data []byte, b *batch.Batch) error {
	var heading []string
	for f := range fields(data) {
		if heading == nil {
			heading = f
			continue
		}
		if f[0] != heading[0] || len(f) != len(heading) {
			return fmt.Errorf("values of %q do not fit their names", f[0])
		}
		protocol := strings.TrimSuffix(f[0], ":")
		for i := 1; i < len(f); i++ {
			name := protocol + "_" + heading[i]
			if _, kept := netstats[name]; !kept {
				continue
			}
			v, err := number(f[i])
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			name = "node_netstat_" + name
			b.Add(kindOf(metric.Counter, name), name, v)
		}
		heading = nil
	}
	return nil
}

func (a *Agent) netstat(_ context.Context, b *batch.Batch) error {
	for _, name := range []string{"net/snmp", "net/netstat"} {
		data, err := a.read(name)
		if err != nil {
			return err
		}
		if err := parseNetstat(data, b); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// sockstats are the fields of /proc/net/sockstat that are kept.
var sockstats = map[string]string{
	"sockets_used": "Sockets in use.",
	"TCP_inuse":    "TCP sockets in use.",
	"TCP_orphan":   "TCP sockets that belong to no process any more.",
	"TCP_tw":       "TCP sockets in the state TIME_WAIT.",
	"TCP_alloc":    "TCP sockets allocated, in any state.",
	"TCP_mem":      "Pages of memory that TCP sockets use.",
	"UDP_inuse":    "UDP sockets in use.",
	"UDP_mem":      "Pages of memory that UDP sockets use.",
}

// parseSockstat reads lines such as "TCP: inuse 1 orphan 0 tw 0 alloc 1 mem 167".
func parseSockstat(data []byte, b *batch.Batch) error {
	for f := range fields(data) {
		protocol := strings.TrimSuffix(f[0], ":")
		for i := 1; i+1 < len(f); i += 2 {
			name := protocol + "_" + f[i]
			if _, kept := sockstats[name]; !kept {
				continue
			}
			v, err := number(f[i+1])
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			b.Gauge("node_sockstat_"+name, v)
		}
	}
	return nil
}
