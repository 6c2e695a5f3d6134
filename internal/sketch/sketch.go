// Package sketch keeps the distribution of observations in bounded memory.
package sketch

// Sketch is a mergeable distribution; its zero value is empty and ready.
type Sketch struct{}

// Add counts the observation v weight times.
func (s *Sketch) Add(v, weight float64) { panic("BUG: being written") }

// Merge adds all that o holds; o is not changed.
func (s *Sketch) Merge(o *Sketch) { panic("BUG: being written") }

// Quantile returns the value at rank ceil(q·n) (nearest rank), NaN when empty.
func (s *Sketch) Quantile(q float64) float64 { panic("BUG: being written") }

// Count returns the sum of the weights.
func (s *Sketch) Count() float64 { panic("BUG: being written") }

// Sum returns the weighted sum.
func (s *Sketch) Sum() float64 { panic("BUG: being written") }

// Mean returns Sum/Count, NaN when empty.
func (s *Sketch) Mean() float64 { panic("BUG: being written") }

// Min returns the exact least observation, NaN when empty.
func (s *Sketch) Min() float64 { panic("BUG: being written") }

// Max returns the exact greatest observation, NaN when empty.
func (s *Sketch) Max() float64 { panic("BUG: being written") }

// Stddev returns the population standard deviation, NaN when empty.
func (s *Sketch) Stddev() float64 { panic("BUG: being written") }

// Clone returns an independent copy.
func (s *Sketch) Clone() *Sketch { panic("BUG: being written") }

// AppendBinary appends the encoding of s to b.
func (s *Sketch) AppendBinary(b []byte) ([]byte, error) { panic("BUG: being written") }

// UnmarshalBinary sets s to what AppendBinary wrote.
func (s *Sketch) UnmarshalBinary(data []byte) error { panic("BUG: being written") }
