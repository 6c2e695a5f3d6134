package host

import (
	"context"
	"fmt"
	"os"
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

	"TcpExt_SyncookiesSent":   "SYN cookies sent because a listener's queue was full.",
	"TcpExt_SyncookiesRecv":   "SYN cookies received back.",
	"TcpExt_SyncookiesFailed": "SYN cookies received that were not valid.",
	"TcpExt_TCPOFOQueue":      "TCP segments received out of order.",
	"TcpExt_TCPRcvQDrop":      "TCP segments dropped because a receive queue was full.",
	"Ip_Forwarding":           "Whether the host forwards packets (1) or not (2).",
	"IpExt_InOctets":          "Bytes received by IP.",
	"IpExt_OutOctets":         "Bytes sent by IP.",
	"Icmp_InMsgs":             "ICMP messages received.",
	"Icmp_OutMsgs":            "ICMP messages sent.",
	"Icmp_InErrors":           "ICMP messages received damaged.",
	"UdpLite_InErrors":        "UDP-Lite datagrams that could not be delivered.",
	"Ip6_InOctets":            "Bytes received by IPv6.",
	"Ip6_OutOctets":           "Bytes sent by IPv6.",
	"Icmp6_InMsgs":            "ICMPv6 messages received.",
	"Icmp6_OutMsgs":           "ICMPv6 messages sent.",
	"Icmp6_InErrors":          "ICMPv6 messages received damaged.",
	"Udp6_InDatagrams":        "UDP datagrams received by IPv6.",
	"Udp6_OutDatagrams":       "UDP datagrams sent by IPv6.",
	"Udp6_InErrors":           "UDP datagrams by IPv6 that could not be delivered.",
	"Udp6_NoPorts":            "UDP datagrams by IPv6 to a port that nobody listens on.",
	"Udp6_RcvbufErrors":       "UDP datagrams by IPv6 dropped because a receive buffer was full.",
	"Udp6_SndbufErrors":       "UDP datagrams by IPv6 dropped because a send buffer was full.",
	"UdpLite6_InErrors":       "UDP-Lite datagrams by IPv6 that could not be delivered.",
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
			if err := addNetstat(b, name, f[i]); err != nil {
				return err
			}
		}
		heading = nil
	}
	return nil
}

func addNetstat(b *batch.Batch, name, text string) error {
	v, err := number(text)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	name = "node_netstat_" + name
	b.Add(kindOf(metric.Counter, name), name, v)
	return nil
}

// parseSnmp6 reads lines "Ip6InReceives 0".
func parseSnmp6(data []byte, b *batch.Batch) error {
	for f := range fields(data) {
		protocol, field, is := strings.Cut(f[0], "6")
		name := protocol + "6_" + field
		if _, kept := netstats[name]; !is || !kept || len(f) != 2 {
			continue
		}
		if err := addNetstat(b, name, f[1]); err != nil {
			return err
		}
	}
	return nil
}

func (a *Agent) netstat(_ context.Context, b *batch.Batch) error {
	for name, parse := range map[string]func([]byte, *batch.Batch) error{
		"net/snmp": parseNetstat, "net/netstat": parseNetstat, "net/snmp6": parseSnmp6,
	} {
		data, err := a.read(name)
		if name == "net/snmp6" && absent(err) {
			continue // a kernel without IPv6
		}
		if err != nil {
			return err
		}
		if err := parse(data, b); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// sockstats are the fields of /proc/net/sockstat and sockstat6 that are kept.
var sockstats = map[string]string{
	"sockets_used":   "Sockets in use.",
	"TCP_inuse":      "TCP sockets in use.",
	"TCP_orphan":     "TCP sockets that belong to no process any more.",
	"TCP_tw":         "TCP sockets in the state TIME_WAIT.",
	"TCP_alloc":      "TCP sockets allocated, in any state.",
	"TCP_mem":        "Pages of memory that TCP sockets use.",
	"TCP_mem_bytes":  "Memory that TCP sockets use.",
	"UDP_inuse":      "UDP sockets in use.",
	"UDP_mem":        "Pages of memory that UDP sockets use.",
	"UDP_mem_bytes":  "Memory that UDP sockets use.",
	"UDPLITE_inuse":  "UDP-Lite sockets in use.",
	"RAW_inuse":      "Raw sockets in use.",
	"FRAG_inuse":     "IP packets that are being put together.",
	"FRAG_memory":    "Memory of IP packets that are being put together.",
	"TCP6_inuse":     "TCP sockets of IPv6 in use.",
	"UDP6_inuse":     "UDP sockets of IPv6 in use.",
	"UDPLITE6_inuse": "UDP-Lite sockets of IPv6 in use.",
	"RAW6_inuse":     "Raw sockets of IPv6 in use.",
	"FRAG6_inuse":    "IPv6 packets that are being put together.",
	"FRAG6_memory":   "Memory of IPv6 packets that are being put together.",
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
			if f[i] == "mem" {
				b.Gauge("node_sockstat_"+name+"_bytes", v*float64(os.Getpagesize()))
			}
		}
	}
	return nil
}

func (a *Agent) sockstat(_ context.Context, b *batch.Batch) error {
	for _, name := range []string{"net/sockstat", "net/sockstat6"} {
		data, err := a.read(name)
		if name == "net/sockstat6" && absent(err) {
			return nil // a kernel without IPv6
		}
		if err != nil {
			return err
		}
		if err := parseSockstat(data, b); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}
