package notify

import (
	"fmt"
	"time"

	"plimsoll/internal/metric"
)

// Trial returns a problem and its recovery that try a contact out. They say of
// themselves that they are a test; id tells them from those of other tests.
func Trial(contact, id string, severity metric.Severity, now time.Time) (problem, recovery Message) {
	problem = Message{
		Version: 1, Delivery: fmt.Sprintf("plimsoll.test.%s.problem", id), Event: Problem, ID: "test/" + id, Name: "TEST",
		Class: metric.Threshold, State: severity, Severity: severity, Labels: map[string]string{"test": "true"},
		Summary: fmt.Sprintf("this is a test of contact %s, nothing is wrong", contact), Since: now, At: now,
	}
	recovery = problem
	recovery.Event, recovery.State, recovery.Summary = Recovery, metric.OK, "the test is over"
	recovery.Delivery, recovery.Reply = fmt.Sprintf("plimsoll.test.%s.recovery", id), problem.Delivery
	return problem, recovery
}
