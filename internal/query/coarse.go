package query

import (
	"fmt"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/util/annotations"
)

// Coarse is an annotation: series were answered from rows of a step that is not
// the finest they have.
type Coarse struct {
	Step time.Duration
	CF   string // how a row was made of what was sent in its time: AVERAGE, MAX, MIN, SKETCH
}

func (c Coarse) Error() string {
	return fmt.Sprintf("%v: answered from rows of %s (%s), not from the finest", annotations.PromQLInfo, model.Duration(c.Step), c.CF)
}

// Unwrap makes it what Prometheus calls an info.
func (Coarse) Unwrap() error { return annotations.PromQLInfo }

// Annotated returns set with annotations for the answer.
func Annotated(set storage.SeriesSet, notes annotations.Annotations) storage.SeriesSet {
	return annotated{set, notes}
}

type annotated struct {
	storage.SeriesSet
	notes annotations.Annotations
}

func (a annotated) Warnings() annotations.Annotations { return a.notes }
