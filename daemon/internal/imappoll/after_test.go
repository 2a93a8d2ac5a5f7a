package imappoll

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// changes are the commands that change something at the server.
func (f *fake) changes() (all []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range f.said {
		for _, prefix := range []string{"UID STORE", "UID MOVE", "UID COPY", "UID EXPUNGE", "EXPUNGE", "CLOSE", "CREATE", "MOVE", "COPY", "STORE"} {
			if strings.HasPrefix(c, prefix+" ") || c == prefix {
				all = append(all, c)
			}
		}
	}
	return all
}

// covers: P01
func TestAfterwards(t *testing.T) {
	no := func(prefix, answer string) func(*fake, string) (string, bool) {
		return func(_ *fake, command string) (string, bool) { return answer, strings.HasPrefix(command, prefix) }
	}
	once := func(prefix, answer string) func(*fake, string) (string, bool) {
		return func(f *fake, command string) (string, bool) {
			return answer, strings.HasPrefix(command, prefix) && len(f.commands(prefix)) == 1
		}
	}
	const all, withoutMove, bare = "", "IMAP4rev1 AUTH=PLAIN SASL-IR UIDPLUS", "IMAP4rev1 AUTH=PLAIN SASL-IR"
	move := func(i *helpdesk.IMAP) { i.Afterwards, i.Processed = helpdesk.MoveAway, "Done" }
	del := func(i *helpdesk.IMAP) { i.Afterwards = helpdesk.DeleteIt }
	tests := []struct {
		name    string
		caps    string
		change  func(*helpdesk.IMAP)
		answers func(*fake, string) (string, bool)
		want    []string
		note    string
		step    Step // that fails
	}{
		{"marked", all, func(*helpdesk.IMAP) {}, nil, []string{`UID STORE 1:2 +FLAGS.SILENT (\Seen)`}, "", ""},
		{"left", all, func(i *helpdesk.IMAP) { i.Afterwards = helpdesk.LeaveThere }, nil, nil, "", ""},
		{"no marks there", all, func(*helpdesk.IMAP) {}, no("SELECT", "* OK [UIDVALIDITY 7] ok\r\n* OK [UIDNEXT 3] ok\r\n* OK [PERMANENTFLAGS (\\Deleted)] ok\r\nTAG OK open\r\n"),
			nil, "no mark", ""},
		{"moved", all, move, nil, []string{`UID MOVE 1:2 "Done"`}, "", ""},
		{"moved, folder made", all, move, once("UID MOVE", "TAG NO [TRYCREATE] no such folder\r\n"),
			[]string{`UID MOVE 1:2 "Done"`, `CREATE "Done"`, `UID MOVE 1:2 "Done"`}, "", ""},
		{"moved by hand", withoutMove, move, nil, []string{`UID COPY 1:2 "Done"`, `UID STORE 1:2 +FLAGS.SILENT (\Deleted)`, `UID EXPUNGE 1:2`}, "", ""},
		{"moved by hand, not to be removed", bare, move, nil, []string{`UID COPY 1:2 "Done"`, `UID STORE 1:2 +FLAGS.SILENT (\Deleted)`}, "flagged as deleted", ""},
		{"not copied, so not deleted", withoutMove, move, no("UID COPY", "TAG NO over quota\r\n"),
			[]string{`UID COPY 1:2 "Done"`, `CREATE "Done"`, `UID COPY 1:2 "Done"`}, "", StepAfter},
		{"deleted", all, del, nil, []string{`UID STORE 1:2 +FLAGS.SILENT (\Deleted)`, `UID EXPUNGE 1:2`}, "", ""},
		{"not to be flagged", all, del, no("UID STORE", "TAG NO read-only\r\n"), []string{`UID STORE 1:2 +FLAGS.SILENT (\Deleted)`}, "", StepAfter},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := startFake(t, test.answers, some(2)...)
			if test.caps != "" {
				f.caps = test.caps
			}
			o := newOffice(f.box(test.change))
			stop := o.pollers(t).run(t)
			o.has(t, []uint32{1, 2}, nil)
			if test.step == "" {
				o.settled(t, 2)
			}
			eventually(t, func() error {
				s := o.status()
				if s.Step != string(test.step) || !strings.Contains(s.Note, test.note) || s.Success.IsZero() {
					return fmt.Errorf("status %+v, want step %q and note %q", s, test.step, test.note)
				}
				return nil
			})
			stop()
			got := f.changes()
			if test.step != "" { // it is tried again meanwhile
				got = got[:min(len(got), len(test.want))]
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("what was done at the server (-want +got):\n%s", diff)
			}
		})
	}
}

// What was taken in before a crash is marked after it, and not fetched again.
//
// covers: M05
func TestAfterACrash(t *testing.T) {
	t.Parallel()
	f := startFake(t, nil, some(5)...)
	box := f.box()
	o := newOffice(box)
	o.cursors["support"] = helpdesk.Cursor{Mailbox: "support", Source: source(box.IMAP), UIDValidity: 7, Numbering: 1, Done: 2, Rev: 1}
	o.rev = 1
	for _, m := range []helpdesk.Mark{{UID: 1}, {UID: 2, Stay: true}, {UID: 4}} { // 3 was under way; 5 had not begun
		m.Mailbox, m.Numbering = "support", 1
		o.marks[m] = true
	}
	o.pollers(t).run(t)
	o.has(t, []uint32{3, 5}, nil)
	o.settled(t, 5)
	var marked []uint32
	for _, c := range f.changes() {
		for uid := uint32(1); uid <= 5; uid++ {
			if contains(strings.Fields(c)[2], uid, 5) && !slices.Contains(marked, uid) {
				marked = append(marked, uid)
			}
		}
	}
	slices.Sort(marked)
	if diff := cmp.Diff([]uint32{1, 3, 4, 5}, marked); diff != "" {
		t.Errorf("marked at the server (-want +got):\n%s", diff)
	}
}

// covers: P04
func TestRenumbered(t *testing.T) {
	t.Parallel()
	f := startFake(t, nil, some(3)...)
	box := f.box()
	seen := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC) // of all mails of the server
	tests := []struct {
		name   string
		cursor helpdesk.Cursor
		want   []uint32
	}{
		{"all that is new enough", helpdesk.Cursor{UIDValidity: 6, Source: source(box.IMAP), LastSeen: seen.Add(6 * 24 * time.Hour), CaughtUp: true}, []uint32{1, 2, 3}},
		{"nothing is", helpdesk.Cursor{UIDValidity: 6, Source: source(box.IMAP), LastSeen: seen.Add(8 * 24 * time.Hour), CaughtUp: true}, nil},
		{"something had waited", helpdesk.Cursor{UIDValidity: 6, Source: source(box.IMAP), LastSeen: seen.Add(8 * 24 * time.Hour)}, []uint32{1, 2, 3}},
		{"before the beginning", helpdesk.Cursor{UIDValidity: 6, Source: source(box.IMAP), LastSeen: seen.Add(24 * time.Hour), CaughtUp: true, From: seen.Add(time.Hour)}, nil},
		{"another folder", helpdesk.Cursor{UIDValidity: 7, Source: "elsewhere", LastSeen: seen, CaughtUp: true}, []uint32{1, 2, 3}},
		{"the same", helpdesk.Cursor{UIDValidity: 7, Source: source(box.IMAP), LastSeen: seen, CaughtUp: true}, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(box)
			test.cursor.Mailbox, test.cursor.Numbering, test.cursor.Done, test.cursor.Rev = "support", 4, 3, 1
			o.cursors["support"], o.rev = test.cursor, 1
			o.marks[helpdesk.Mark{Mailbox: "support", Numbering: 4, UID: 2}] = true // means another mail now
			if test.name == "the same" {
				clear(o.marks)
			}
			o.pollers(t).run(t)
			eventually(t, func() error {
				if o.status().Success.IsZero() {
					return fmt.Errorf("status %+v", o.status())
				}
				return nil
			})
			o.has(t, test.want, nil)
			if renumbered := test.name != "the same"; strings.Contains(o.status().Note, "looked at again") != renumbered {
				t.Errorf("note %q", o.status().Note)
			}
		})
	}
}
