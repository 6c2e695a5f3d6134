package snmp

import (
	"maps"
	"slices"
	"strings"

	"plimsoll/internal/mib"
)

// object is a scalar, or a column of a table.
type object struct {
	metric string // name of its series
	number string
	counts bool    // a counter, whatever its type
	gauge  bool    // no counter, whatever its type
	scale  float64 // of gauges; 0: 1
}

// spec describes a table by the names of its objects.
type spec struct {
	key    string // names the row, and is a label; "": nothing does
	orElse string // names the row where key says nothing
	index  string // label that holds the index; "" : none
	// columns are asked at each poll, slow ones rarely, texts rarely for labels.
	columns, slow, texts []string
	// narrow are asked where wide, one of columns, is not there.
	wide   string
	narrow []string
	// changed is a scalar that tells when rows were added or taken away.
	changed string
	// info is the series that has index and all texts as labels; "": none.
	info string
	// discontinuity and speed are columns by which counters of 32 bits are judged.
	discontinuity, speed string
	// adjust changes values with the help of slow columns; nil: nothing.
	adjust func(v float64, slow func(name string) float64) float64
}

// module is what is asked together.
type module struct {
	scalars, texts []string // texts are rarely asked
	counts         []string // those that count though their type says otherwise
	tables         []spec
}

// Modules are the names of the modules there are.
func Modules() []string { return slices.Sorted(maps.Keys(modules())) }

func words(s string) []string { return strings.Fields(s) }

func modules() map[string]module {
	return map[string]module{
		"if_mib": {tables: []spec{interfaces()}},
		"system": {texts: words("sysDescr sysName sysLocation sysContact")},
		"host_resources": {
			scalars: words("hrSystemUptime hrSystemNumUsers hrSystemProcesses hrSystemMaxProcesses hrMemorySize"),
			tables: []spec{
				{key: "hrStorageDescr", columns: words("hrStorageAllocationUnits hrStorageSize hrStorageUsed")},
				{index: "hrDeviceIndex", columns: words("hrProcessorLoad")},
			},
		},
		"ucd": {
			scalars: words(`memTotalSwap memAvailSwap memTotalReal memAvailReal memTotalFree memShared memBuffer memCached
				ssCpuRawUser ssCpuRawNice ssCpuRawSystem ssCpuRawIdle ssCpuRawWait ssCpuRawKernel ssCpuRawInterrupt
				ssCpuRawSoftIRQ ssCpuRawSteal ssIORawSent ssIORawReceived ssRawInterrupts ssRawContexts ssRawSwapIn ssRawSwapOut`),
			tables: []spec{
				{key: "laNames", columns: words("laLoadInt laLoadFloat")},
				{
					key: "diskIODevice", columns: words("diskIONReadX diskIONWrittenX diskIOReads diskIOWrites diskIOBusyTime"),
					wide: "diskIONReadX", narrow: words("diskIONRead diskIONWritten"),
				},
			},
		},
		"entity_sensors": {tables: []spec{{
			index: "entPhysicalIndex", columns: words("entPhySensorValue entPhySensorOperStatus"),
			slow:  words("entPhySensorType entPhySensorScale entPhySensorPrecision"),
			texts: words("entPhysicalName entPhysicalDescr"), adjust: sensor,
		}}},
		"squid": squid(),
	}
}

func interfaces() spec {
	return spec{
		key: "ifName", orElse: "ifDescr",
		columns: words(`ifAdminStatus ifOperStatus ifHighSpeed ifCounterDiscontinuityTime
			ifHCInOctets ifHCOutOctets ifHCInUcastPkts ifHCOutUcastPkts ifHCInMulticastPkts ifHCOutMulticastPkts
			ifHCInBroadcastPkts ifHCOutBroadcastPkts ifInErrors ifOutErrors ifInDiscards ifOutDiscards`),
		wide:   "ifHCInOctets",
		narrow: words("ifInOctets ifOutOctets ifInUcastPkts ifOutUcastPkts ifInNUcastPkts ifOutNUcastPkts"),
		slow:   words("ifType ifMtu ifSpeed ifLastChange"), texts: words("ifDescr ifAlias"),
		changed: "ifTableLastChange", info: "snmp_interface_info",
		discontinuity: "ifCounterDiscontinuityTime", speed: "ifHighSpeed",
	}
}

func squid() module {
	return module{
		scalars: words(`cacheSysVMsize cacheSysStorage cacheUptime cacheMemMaxSize cacheSwapMaxSize
			cacheSysPageFaults cacheSysNumReads cacheMemUsage cacheCpuTime cacheCpuUsage cacheMaxResSize cacheNumObjCount
			cacheCurrentUnusedFDescrCnt cacheCurrentResFileDescrCnt cacheCurrentFileDescrCnt cacheCurrentFileDescrMax
			cacheProtoClientHttpRequests cacheHttpHits cacheHttpErrors cacheHttpInKb cacheHttpOutKb
			cacheIcpPktsSent cacheIcpPktsRecv cacheIcpKbSent cacheIcpKbRecv
			cacheServerRequests cacheServerErrors cacheServerInKb cacheServerOutKb cacheCurrentSwapSize cacheClients
			cacheIpRequests cacheIpHits cacheIpMisses cacheDnsRequests cacheDnsReplies`),
		counts: words("cacheServerRequests cacheServerErrors cacheCpuTime"),
		tables: []spec{{
			index: "minutes", columns: words(`cacheHttpAllSvcTime cacheHttpMissSvcTime cacheHttpNmSvcTime cacheHttpHitSvcTime
				cacheHttpNhSvcTime cacheIcpQuerySvcTime cacheIcpReplySvcTime cacheDnsSvcTime cacheRequestHitRatio cacheRequestByteRatio`),
		}},
	}
}

// sensor scales the value of a sensor to its unit: entPhySensorScale is a power
// of 1000 with 9 for 1, entPhySensorPrecision the digits behind the point.
func sensor(v float64, slow func(string) float64) float64 {
	for scale := slow("entPhySensorScale"); scale > 0 && scale != 9; {
		if scale < 9 {
			v, scale = v/1000, scale+1
		} else {
			v, scale = v*1000, scale-1
		}
	}
	for p := min(max(slow("entPhySensorPrecision"), -8), 9); p != 0; {
		if p > 0 {
			v, p = v/10, p-1
		} else {
			v, p = v*10, p+1
		}
	}
	return v
}

// plan is all that is asked of a device.
type plan struct {
	scalars []object // asked each time, by their instances
	texts   []object // asked rarely
	tables  []*table
}

// table is a spec with its objects.
type table struct {
	spec
	keyed   object   // of key
	columns []object // of columns, then of narrow
	wide    int      // in columns; -1: none
	slow    []object // of slow, then of texts
}

// newPlan resolves the modules and objects of a device.
func newPlan(d Device, names *mib.Table) *plan {
	p := &plan{}
	scalar := func(name string, counts bool) object {
		number, _ := names.Number(name)
		return object{metric: name, number: number + ".0", counts: counts}
	}
	for _, name := range d.Modules {
		m := modules()[name]
		for _, s := range m.scalars {
			p.scalars = append(p.scalars, scalar(s, slices.Contains(m.counts, s)))
		}
		for _, s := range m.texts {
			p.texts = append(p.texts, scalar(s, false))
		}
		for _, s := range m.tables {
			p.tables = append(p.tables, newTable(s, names))
		}
	}
	for _, o := range d.OIDs {
		if o.Table {
			p.tables = append(p.tables, o.table(names))
		} else {
			p.scalars = append(p.scalars, o.object(names))
		}
	}
	return p
}

func newTable(s spec, names *mib.Table) *table {
	t := &table{spec: s, wide: slices.Index(s.columns, s.wide)}
	objects := func(list []string) (out []object) {
		for _, name := range list {
			number, _ := names.Number(name)
			out = append(out, object{metric: name, number: number})
		}
		return out
	}
	t.columns = objects(slices.Concat(s.columns, s.narrow))
	t.slow = objects(slices.Concat(s.slow, s.texts))
	if s.key != "" {
		t.keyed = objects([]string{s.key})[0]
	}
	return t
}

// fast is how many of columns are asked whether or not wide is there.
func (t *table) fast() int { return len(t.spec.columns) }

func (o OID) object(names *mib.Table) object {
	number, _ := names.Number(o.OID)
	if !o.Table && names.Name(number) != number && !strings.Contains(names.Name(number), ".") {
		number += ".0" // a name without an index means the scalar
	}
	return object{metric: o.metric(), number: number, counts: o.Kind == "counter", gauge: o.Kind == "gauge", scale: o.Scale}
}

func (o OID) table(names *mib.Table) *table {
	index := o.Index
	if index == "" {
		index = "index"
	}
	one := o.object(names)
	return &table{spec: spec{index: index, columns: []string{one.metric}}, columns: []object{one}, wide: -1}
}

// metric is the name of the series: as given, or that of the object.
func (o OID) metric() string {
	if o.Metric != "" {
		return o.Metric
	}
	names := mib.New()
	number, err := names.Number(o.OID)
	if err != nil {
		return ""
	}
	name, _, _ := strings.Cut(names.Name(number), ".")
	return name
}
