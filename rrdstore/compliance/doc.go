// Package compliance runs the test scripts of Prometheus' own engine over a store
// (TestScripts). It is a module of its own, as what runs the scripts drags in the
// whole of Prometheus with its service discoveries, and the product does not.
//
// The scripts begin at the instant 0, which no store takes, so all instants are
// moved by 19,600 days on their way in and back on their way out. What a script
// loads are bare values without a kind: they are put as gauges. Each file is run
// twice: with all points waiting in memory, and with all of them in archives
// whose step is that of what was loaded.
//
// What a store refuses is kept beside it, series by series, so that the other
// series of the same script can be asked for. testdata/refused.txt lists them
// with the reason, and fails the test when it is not what was refused.
package compliance
