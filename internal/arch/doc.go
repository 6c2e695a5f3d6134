// Package arch holds the architecture as tests: who may import whom and why,
// that every package says what it is, that time and process state are passed
// in. It has no other code.
package arch
