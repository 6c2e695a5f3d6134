// Package snmp polls devices by SNMP, versions 1, 2c and 3. It runs by itself:
// devices have rhythms of their own, and thousands are under way at a time.
//
//	device 1 ── rhythm ─┐                 ┌─► one socket ─► devices
//	device 2 ── rhythm ─┼─► room, doubtful ┤
//	device 3 ── rhythm ─┘  (in flight)     └─◄ by request id ◄─ from any address
//	    └─ answers ─► clock (sysUpTime) ─► names of rows ─► samples ─► SinkFor(device)
//
// Names and labels are snmp_exporter's: those of the objects (its modules if_mib,
// system, hrSystem, hrStorage, ucd_la_table, ucd_memory, ucd_system_stats, and
// the MIB's own for sensors and Squid), and snmp_scrape_*. What differs:
//
//   - A series of an interface is known by the device and ifName. ifIndex is no
//     label: it changes when a device is renumbered. ifDescr is one by default,
//     for dashboards that choose by it; interface_labels adds or takes away.
//     snmp_interface_info has ifIndex, ifDescr and ifAlias of each interface, to
//     be joined: ifHCInOctets * on (instance, ifName) group_left (ifAlias) snmp_interface_info
//   - hrStorage* bear hrStorageDescr, laLoad* laNames, in the place of an index.
//     Where two rows have one name, each gets "#" and its index.
//   - Counters of 32 bits are asked for only where there are none of 64.
//   - entPhySensorValue is in the sensor's unit, scale and precision applied.
//
// What holds:
//
//   - A device has one goroutine, and so never two polls under way. It is polled
//     at the multiples of its interval plus a part that its name decides.
//   - A poll ends at 80 % of the interval. What it found until then counts; the
//     device is up if it answered at all.
//   - A poll takes a place among MaxInFlight, one of a device that did not answer
//     the last time takes it among a quarter more: the dead, which hold a place
//     for long, take none from the living. A dead one is asked once, and at every
//     second, fourth… instant, at least once a minute; up is 0 at all of them.
//   - sysUpTime comes with every answer, and stamps its values: rates are by the
//     device's time (see clock). Where it does not fit the time that passed here,
//     the device began again.
//   - A counter of 64 bits goes as it is, with no start: what counts may be older
//     than the agent that answers. One of 32 bits goes as a total since its first
//     poll, with that start; a fall is a wrap if the line could carry it in the
//     time, if sysUpTime went on and ifCounterDiscontinuityTime is the same. Else
//     the time between is unknown, and a new total begins; so it is where a line
//     can carry a whole round between two polls.
//   - The name of a row comes with its values in the same answers, so that no
//     value is ever given to another row. A name, or ifTableLastChange, that
//     changed has the descriptions read anew; else they are each five minutes.
//   - GETBULK asks for as many rows as the device has shown to bear (see tuning),
//     and goes on from the last instance that came. A column ends with
//     endOfMibView, with what is not below it, or with what does not ascend.
//
// Sources: RFC 1157, RFC 3416, RFC 3414, RFC 2863 3.1.6; prometheus/snmp_exporter
// generator/generator.yml;
// influxdata/telegraf plugins/inputs/snmp.
//
// BUG: values beyond 2⁵³ lose their last units, for samples are float64.
package snmp
