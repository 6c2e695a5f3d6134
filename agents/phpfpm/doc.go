// Package phpfpm measures a pool of PHP-FPM by its status page (pm.status_path),
// asked by FastCGI as a web server would, with the names and labels of
// hipages/php-fpm_exporter 2.2, but for those of single processes: a process
// lives for minutes, an archive for years.
//
//	header │ BEGIN_REQUEST      header: version u8 │ type u8 │ id u16 │ length u16 │ padding u8 │ 0
//	header │ PARAMS │ …         a pair: length of name │ length of value │ name │ value;
//	header │ PARAMS, empty              a length is a byte, or four with the highest bit set
//	header │ STDIN, empty
//	       ◄─ STDOUT … │ STDERR … │ END_REQUEST
//
// Source of the format: the FastCGI specification 1.0 of Open Market, 1996; of the
// page: php/php-src sapi/fpm/fpm/fpm_status.c.
//
// The exporter's phpfpm_accepted_connections and phpfpm_start_since are exchanged
// in some of its releases; here each is what its name says. phpfpm_slow_requests
// needs request_slowlog_timeout. phpfpm_up is 0, with the label pool empty, when
// the page could not be read.
package phpfpm
