// Package cluster is the XML in which gmond and gmetad tell of their hosts
// (ganglia/monitor-core gmond/gmond.c, gmond/dtd.h, gmetad/server.c): read
// leniently, written strictly.
//
//	GANGLIA_XML VERSION SOURCE              gmond or gmetad
//	  GRID NAME AUTHORITY LOCALTIME         of gmetad; may hold others
//	    CLUSTER NAME LOCALTIME OWNER LATLONG URL
//	      HOST NAME IP REPORTED TN TMAX DMAX LOCATION GMOND_STARTED TAGS
//	        METRIC NAME VAL TYPE UNITS TN TMAX DMAX SLOPE SOURCE
//	          EXTRA_DATA
//	            EXTRA_ELEMENT NAME VAL      GROUP, DESC, TITLE, SPOOF_HOST; the last first
//	      HOSTS UP DOWN, METRICS NAME SUM NUM …   instead of HOST, where ?filter=summary asks
//
// gmond escapes string values alone: a cluster "Web & Farm", or units "C & F", make
// a document that is not well-formed, and bytes go out as they came in, whatever the
// label ISO-8859-1 says; of what is not ASCII in string values it makes "&#", another
// byte and one digit (3.7.2), from which nobody can tell what it was. So Parse is no XML parser. It goes from tag to tag, and
// knows these tags only:
//
//   - An attribute ends at the quote behind which another attribute follows, or the
//     end of the tag. What stands within may be anything.
//   - A tag that has no end before the next one stands on a line of its own is
//     counted as bad and left out; a HOST without a name, with its metrics.
//   - Text that is not UTF-8 is ISO-8859-1.
//   - Where a document is cut off, all that was whole before counts.
//
// So a bad host, or a bad metric, hides no other.
//
// Writer writes well-formed XML: it escapes all text, writes what is not ASCII as
// numbers (&#233;), which is right whatever encoding a reader believes in, and
// leaves out what no XML can hold.
package cluster
