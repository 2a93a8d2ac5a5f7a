package actions

import (
	"context"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// NewSide is a talk with somebody outside about a request, of which the request's
// customers know nothing.
type NewSide struct {
	Address, Name string // of the outsider
	Subject, Text string
	// Quote names messages of the request that are quoted below the text, and
	// Forward files of its entries that go with it. Of all else the outsider gets
	// nothing.
	Quote   []int
	Forward []FileRef
	Files   []Upload // from [Desk.Attach] of the request
	Nonce   string
}

// FileRef names a file of an entry; Index counts from 1.
type FileRef struct{ Entry, Index int }

// SideThread is one of the side threads of a request, or of what was merged into it.
type SideThread struct {
	Number  int64
	Subject string
	Status  helpdesk.Status
	With    string // who the outsider is
	Updated time.Time
	Last    *helpdesk.LastWords
	Of      int64 // the request that it is about
}

// OpenSide begins a side thread of a request and mails the outsider. It returns the
// number of the request that it is.
func (d *Desk) OpenSide(ctx context.Context, by Actor, number int64, in NewSide) (int64, error) {
	return 0, helpdesk.Errorf(helpdesk.Unavailable, "not there yet")
}
