// Package conformance reads the table of what each line must come to,
// testdata/conformance.tsv of counterd/line, for the tests of the parser, of
// the daemon, and for the comparison with other daemons.
//
// A row is a line, a tab, and its outcome. Rows that begin with "# " and empty
// ones are comments. In the first column alone, \\ \t \r \n and \xHH stand for
// a backslash, the characters and a byte; a line has no LF of its own, so that
// "\\n" is the two characters that DogStatsD writes for one. An outcome is
//
//	refused <reason>
//	<sample> *( "; " <sample> )           the samples in their order
//	event <title> *( " " key=value )
//	check <name> <status> *( " " key=value )
//
// and a sample is one of
//
//	counter <name> <increase>             after the sample rate
//	ok <name> 1 | fail <name> 1
//	timing <name> <seconds> w=<weight>    the weight is 1/rate
//	value <name> <number> w=<weight>
//	gauge <name> <number>                 set; +2 and -2 raise and lower, =-2 sets
//	set <name> <member>
//
// with {label="value", …} after it when it has tags, @<unix seconds> when it
// has a time, and ignored=<n> when origin fields were skipped. The name is the
// sender's, before it becomes a series. Names, members and texts are quoted as
// Go does when they hold anything but letters, digits, and _ - . : /
package conformance
