// Package builtin has the rules that are on by default: a few for each thing that
// agents measure, each a symptom that asks for something to be done, with words
// that say what.
//
// What makes a rule one of them: somebody must act on it, and not only know it;
// what is well with a server that does little must not be trouble; a level that
// depends on what the server is for is none (high load, a low hit ratio, full
// caches). Critical is what users notice, or will within the hour.
//
// Of class up/down are only those that say that a host or a service is gone: the
// dependency graph takes a node for dead by them.
//
// Names are kept from version to version: configurations replace a rule by its
// name, and history is kept under it. The expressions use only names that agents
// send, which a test of the wiring holds, as well as that none fires on what
// healthy servers tell.
package builtin
