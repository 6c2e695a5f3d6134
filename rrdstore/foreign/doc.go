// Package foreign answers PromQL from round-robin files that other programs made
// and go on to update: Ganglia's, collectd's, Cacti's, LibreNMS' or anybody's. A
// tree of files stays where it is, and is only ever read.
//
//	pattern ─► walk, each minute ─► files ─► index of series ─┐ matchers
//	                                                          ▼
//	        rows between two updates ◄── file ◄── Select of a query
//
// # Names
//
// A pattern is a path in which each component may have placeholders:
//
//	/var/lib/ganglia/rrds/{cluster}/{host}/{metric}.rrd
//	/rrd/{host}/{plugin}[-{plugin_instance}]/{type}[-{type_instance}].rrd
//	/rrd/{host}_{source}_{id:[0-9]+}.rrd
//
// {x} is one or more characters, as few as will do, {x:re} what the regular
// expression says, [ ] may be missing. What they hold goes into the templates of
// the name and of the labels, and so does {ds}, the data source. Labels without
// content are left out. If a file has several data sources that are shown, and
// no template tells them apart, the label ds does.
//
// # Values
//
// A point stands at the end of its row and is the row's value, bit for bit as
// `rrdtool fetch` gives it. So a counter (COUNTER, DERIVE, ABSOLUTE) is a gauge
// of its rate: that is what the file holds. The total it was made of is not in
// the file, and made up again from the rates it would lose the peaks that MAX
// rows keep. No name is given a _total.
//
// A query is answered from the finest rows that reach back to its begin, or from
// coarser ones if one row a step of the query is enough, four a range selector;
// behind the newest of them the finer ones go on. max_over_time reads MAX rows,
// min_over_time MIN rows, if the file has any. The first unknown row after a
// known one is a stale marker. Where rows are longer than the lookback of
// instants, a value is repeated until the next row, and the newest one for two
// rows; where they are longer than half a range selector, rows get points inside.
//
// # Invariants
//
//   - No file is opened for writing, locked, or mapped. Only access times change.
//   - Rows are those between two updates (rrdfile.View).
//   - A walk goes as deep as the pattern, so a loop of links ends; a file that is
//     reached by two paths counts once, by the first of them.
//   - A walk is bounded in files and in directory entries, and takes a tenth of
//     the time at most.
//   - A file that cannot be read has no points, is counted by reason, and hurts
//     no other series.
//
// BUG(foreign): a read waits for its file system. One that hangs, as NFS can,
// hangs the queries that match its series.
package foreign
