package sketch

// moments are what is known of all observations without keeping them.
type moments struct {
	count, sum float64
	mean, m2   float64 // Welford's running mean and sum of squared deviations
	min, max   float64 // valid when count > 0
}

// add brings in one observation.
func (m *moments) add(v, weight float64) {
	switch {
	case m.count == 0:
		m.min, m.max = v, v
	case v < m.min:
		m.min = v
	case v > m.max:
		m.max = v
	}
	m.count += weight
	m.sum += v * weight
	delta := v - m.mean
	m.mean += delta * (weight / m.count)
	m.m2 += weight * delta * (v - m.mean)
}

// merge brings in those of others.
func (m *moments) merge(o *moments) {
	if m.count == 0 {
		*m = *o
		return
	}
	n := m.count + o.count
	delta := o.mean - m.mean
	m.mean += delta * (o.count / n)
	m.m2 += o.m2 + delta*delta*m.count*(o.count/n)
	m.count = n
	m.sum += o.sum
	m.min = min(m.min, o.min)
	m.max = max(m.max, o.max)
}

// total returns the sum of values, in four chains of additions at once.
func total(values []float64) float64 {
	var a, b, c, d float64
	for ; len(values) >= 4; values = values[4:] {
		a += values[0]
		b += values[1]
		c += values[2]
		d += values[3]
	}
	for _, v := range values {
		a += v
	}
	return a + b + (c + d)
}
