package alerting

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/alerting/quorum"
)

// A check that has the name of the service that it is a member of is seen by it.
func TestOthersAreAllButTheServiceItself(t *testing.T) {
	check := quorum.Alert{Unit: "check/mail", Name: "mail", Hard: true}
	b := &board{alerts: []quorum.Alert{{Unit: "service/mail", Name: "mail"}, check}}
	if diff := cmp.Diff([]quorum.Alert{check}, b.others("service/mail")); diff != "" {
		t.Error(diff)
	}
}
