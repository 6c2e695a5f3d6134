package weblog

import "testing"

// A web server tells the name of its machine, which may have another here.
func TestThisMachineIsCalledAsItsAgentCallsIt(t *testing.T) {
	s := senders{own: "web3.farm.example", host: "web3"}
	for host, want := range map[string]string{
		"web3": "web3.farm.example", "WEB3": "web3.farm.example", "127.0.0.1": "web3.farm.example", "::1": "web3.farm.example",
		"web4": "web4", "10.0.0.7": "10.0.0.7",
	} {
		if got := s.server(host); got != want {
			t.Errorf("%s is %s, want %s", host, got, want)
		}
	}
}
