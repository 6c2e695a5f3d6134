// Package graphite receives Graphite's plaintext protocol, as carbon does (port 2003,
// TCP and UDP): lines of a path, a value and a time.
//
//	servers.web1.cpu.load 1.5 1700000000\n
//	disk.used;host=web1;disk=sda 17 -1\n
//
//	TCP ─► lines ─┐
//	              ├─► Parse ─► templates: path → series ─► outbox by source ─► SinkFor
//	UDP ─► lines ─┘
//
// # Lines
//
// Spaces and tabs between the three, as many as there are; "\r\n" ends a line as "\n"
// does, and the end of a datagram does too. The time is in seconds since 1970, a
// fraction may follow; -1 is now. NaN is no value: such lines are counted and left out,
// as are those of an infinity. Tags (";name=value") stand behind the path.
//
// The last piece of a connection that ends without a newline is refused, since nobody
// can tell whether it was whole. Pickle (port 2004 of carbon) is refused where it is
// seen: to read it is to run what it says.
//
// # Series
//
// A path becomes a name by the first template that matches. Its pieces between dots
// are compared: "*" is any one piece, as the last piece all that is left; "$name" is
// any one piece, which becomes a label; all else is itself, in which "*" stands for
// any text. The name is made of the pieces that are no labels, with "_" between them,
// or of Name, in which "$name" is a label's piece, and "$*" those that a "*" took.
//
//	template              path                    series
//	(none)                servers.web1.cpu.load   servers_web1_cpu_load
//	servers.$instance.*   servers.web1.cpu.load   servers_cpu_load{instance="web1"}
//	the same, name: $*    servers.web1.cpu.load   cpu_load{instance="web1"}
//
// Without a template that matches, the whole path is the name: what piece is a host
// cannot be guessed. Pieces that are empty are left out, as file systems do with "a//b".
// Every character that Prometheus does not take becomes "_". A tag is a label, and goes
// before one of the template. All series have job="graphite", unless a label or a tag
// says otherwise, and are gauges: the protocol knows no types; a template may say
// counter. Paths become labels only, never the names of files.
//
// # What holds
//
//	whole lines = samples + those of no value + those refused for what they say
//
// Connections in all and from one address, the length of a line, and the time until a
// line is whole are bounded. Of TCP, a sender that is faster than the store is made to
// wait; of UDP, what there is no room for is counted. What is refused is counted by
// reason, and the last of it quoted with its source.
package graphite
