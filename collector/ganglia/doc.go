// Package ganglia takes part in a Ganglia installation: it receives what gmond and
// gmetric send, polls gmond and gmetad, and answers those who read gmond or gmetad.
// Formats: packages xdr and cluster. Rules: ganglia/monitor-core gmond/gmond.c,
// gmetad/process_xml.c, gmetad/server.c; tried with 3.7.2.
//
//	UDP 8649 ─► xdr ─► table of hosts ──► samples ─► outbox by source ─► SinkFor
//	             │      ▲      │  ▲ each interval: up, and what still holds
//	      name of address      │  └── TCP: gmond or gmetad, each data source 15 s
//	                           ▼
//	           TCP 8651: all of it, as gmond   TCP 8652: /cluster/host/metric, as gmetad
//
// # Series
//
// A metric has its Ganglia name, with "_" for what Prometheus does not take:
// load_one, bytes_in, disk-util as disk_util. The name as it was sent is in the XML
// that is served; of two names of a host that come out the same, the second is
// refused ("name collision"). Labels:
//
//	instance  the host            job    "ganglia"
//	cluster   its cluster, if any; for datagrams Config.Cluster, or gmetric -C
//	group     of the metric, if any; of several, with commas between
//
// Slope positive and derivative mean a counter, all others a gauge. Values of type
// string make no series, since each new text would make one more: they are counted,
// and served in XML as they came. Numbers are taken as they are, whatever range
// their type has, as gmond takes them; what is no number is refused and quoted.
//
// A sample tells of the instant at which a datagram came. In Ganglia a value holds
// until the next one, and gmond sends what does not change rarely. So a gauge is told
// again at each multiple of Interval for four times its TMAX (gmetric -x) of silence,
// or DMAX if that is shorter; then it is marked as unknown. A counter is told only
// when it was heard. Polled gauges are told at each poll, polled counters when they
// were heard.
//
// # Hosts
//
// The host of a datagram is not the one that it names, but the name of its sender's
// address by reverse DNS, as with gmond; Names changes that. Names are looked up
// beside the reading, values wait meanwhile, and an address without a name stands for
// itself; it is looked up again later. This machine is Config.Local. A spoofed datagram
// (gmetric -S IP:NAME) says whose it is.
//
// up{job="ganglia"} is 1 or 0 at each multiple of Interval: 0 once a host was silent
// for more than four times its TMAX, 20 s unless its cluster says otherwise. It is not
// written for hosts of a data source that cannot be polled now: nothing is known of
// them, which plimsoll_ganglia_source_up tells. A host that was silent for its DMAX, or
// for Forget, is forgotten.
//
// # What holds
//
//   - Metadata and values may come in any order, or alone. A value without metadata is
//     held, the newest of each metric, and metadata asked for (packet 136): of the group,
//     or at the sender's address on AskPort. gmond answers if it has a udp_recv_channel.
//   - A host that cannot be read hides no other: see package cluster.
//   - Of a data source the address that answered last is asked first, then the others
//     in their order, as gmetad does. Each poll has a deadline, and bounded bytes.
//   - Sources, packets per second and source, hosts in all and by source, metrics of a
//     host and what waits to be stored are bounded; what is over is counted by reason,
//     and its source named in Stats.
//   - Names with "/", control characters, a leading dot, or more than 255 bytes are
//     refused: gmetad makes files of them.
//
// # For readers
//
// The XML of 8651 is a gmond's, with one CLUSTER for each: of the datagrams, of each
// polled one, and OwnCluster with the hosts of our own agents under the metrics that
// Ganglia's pages know (own.go), so that a gmetad that polls it makes its archives.
// That of 8652 is a gmetad's, and knows ?filter=summary.
//
// # After a restart
//
// Hosts of datagrams, and the metadata of their metrics, are kept in
// ganglia-hosts.json, written each five minutes and at the end. So values count at
// once, whether their gmond can be asked or not; and a host that fell silent while the
// service was down is missed, four times its TMAX after the start.
package ganglia
