package api

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strconv"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web"
)

// Writing is how requests are worked on.
type Writing interface {
	Reply(ctx context.Context, by actions.Actor, number int64, in actions.Reply) error
	Note(ctx context.Context, by actions.Actor, number int64, in actions.Note) error
	FileLimits(ctx context.Context, by actions.Actor, number int64) (helpdesk.FileLimits, error)
	Attach(ctx context.Context, by actions.Actor, number int64, limits helpdesk.FileLimits, name, mediaType string, r io.Reader) (actions.Upload, error)
	Attached(ctx context.Context, by actions.Actor, number int64, limits helpdesk.FileLimits, token string) (actions.Upload, error)

	AddParticipant(ctx context.Context, by actions.Actor, number int64, address, name string, history bool) error
	RemoveParticipant(ctx context.Context, by actions.Actor, number int64, participant uint16) error
	DismissSuggestion(ctx context.Context, by actions.Actor, number int64, address string) error
	Release(ctx context.Context, by actions.Actor, number int64, seq int) error
	TryAgain(ctx context.Context, by actions.Actor, delivery string) error

	Merge(ctx context.Context, by actions.Actor, from, into int64) error
	Unmerge(ctx context.Context, by actions.Actor, number int64) error
	SplitSubject(ctx context.Context, by actions.Actor, number int64, seq int) (string, error)
	Split(ctx context.Context, by actions.Actor, number int64, seq int, subject string) (int64, error)
	Unsplit(ctx context.Context, by actions.Actor, number int64) (int64, error)
}

// written tells where something stands that was written.
type written struct {
	Number int64 `json:"number" doc:"Of the request."`
	Entry  int   `json:"entry,omitempty" doc:"The first entry that came of it."`
}

func (w written) at() string { return fmt.Sprintf("/tickets/%d", w.Number) }

func writtenOf(_ *call, m helpdesk.Made) written { return written{m.Number, m.Entry} }

// reply is a public answer.
type reply struct {
	Text   string          `json:"text"`
	Status helpdesk.Status `json:"status,omitempty" doc:"What the request becomes; nothing leaves it."`
	Files  []sentFile      `json:"files,omitempty"`
	Expect int             `json:"expect,omitempty" doc:"How many entries the request had when the answer was begun: if somebody has answered since, it is not sent (code conflict)."`
}

// note is for agents alone.
type note struct {
	Text     string        `json:"text"`
	Files    []sentFile    `json:"files,omitempty"`
	Mentions []helpdesk.ID `json:"mentions,omitempty" doc:"Agents whom it calls besides those whom its text names."`
}

// sentFile is a file that was kept before, or one that comes along.
type sentFile struct {
	Token     string `json:"token,omitempty" doc:"As POST /tickets/{number}/files gave it; nothing else is needed then."`
	Name      string `json:"name,omitempty"`
	MediaType string `json:"mediaType,omitempty"`
	Content   []byte `json:"content,omitempty" doc:"All of it. The whole body has 1 MiB at most: larger files go to POST /tickets/{number}/files."`
}

func (h *Handler) reply(c *call, in reply) error {
	number, err := c.number()
	if err != nil {
		return err
	}
	files, err := h.files(c, number, in.Files, true)
	if err != nil {
		return err
	}
	return h.desk.Reply(c.ctx, c.by, number, actions.Reply{Text: in.Text, Status: in.Status, Files: files, Expect: in.Expect})
}

func (h *Handler) note(c *call, in note) error {
	number, err := c.number()
	if err != nil {
		return err
	}
	files, err := h.files(c, number, in.Files, false)
	if err != nil {
		return err
	}
	return h.desk.Note(c.ctx, c.by, number, actions.Note{Text: in.Text, Files: files, Mentions: in.Mentions})
}

// files finds those that were kept, and keeps those that came along. What customers
// get has the limits of the mailbox.
func (h *Handler) files(c *call, number int64, sent []sentFile, public bool) ([]actions.Upload, error) {
	if len(sent) == 0 {
		return nil, nil
	}
	var limits helpdesk.FileLimits
	if public {
		var err error
		if limits, err = h.desk.FileLimits(c.ctx, c.by, number); err != nil {
			return nil, err
		}
	}
	var all []actions.Upload
	for _, f := range sent {
		var u actions.Upload
		var err error
		if f.Token != "" {
			u, err = h.desk.Attached(c.ctx, c.by, number, limits, f.Token)
		} else {
			u, err = h.desk.Attach(c.ctx, c.by, number, limits, f.Name, f.MediaType, bytes.NewReader(f.Content))
		}
		if err != nil {
			return nil, err
		}
		all = append(all, u)
	}
	return all, nil
}

// keptFiles wait for an answer or a note.
type keptFiles struct {
	Files []keptFile `json:"files"`
}

type keptFile struct {
	Token     string `json:"token" doc:"Names it in an answer or a note, for 24 hours."`
	Name      string `json:"name"`
	MediaType string `json:"mediaType"`
	Size      int64  `json:"size"`
}

// upload keeps files for an answer or a note, as a form of a browser sends them.
func (h *Handler) upload(c *call) (keptFiles, error) {
	out := keptFiles{Files: []keptFile{}}
	number, err := c.number()
	if err != nil {
		return out, err
	}
	limits, err := h.desk.FileLimits(c.ctx, c.by, number)
	if err != nil {
		return out, err
	}
	var wrong error
	err = web.ReadParts(c.w, c.r, func(name, mediaType string, content io.Reader) {
		if wrong != nil {
			return
		}
		u, err := h.desk.Attach(c.ctx, c.by, number, limits, name, mediaType, content)
		if err != nil {
			wrong = err
			return
		}
		out.Files = append(out.Files, keptFile{u.Token(), u.Name, u.MediaType, u.Size})
	})
	switch {
	case wrong != nil:
		return out, wrong
	case err == nil && len(out.Files) == 0:
		return out, helpdesk.Errorf(helpdesk.Invalid, "send files as multipart/form-data, each with its name")
	}
	return out, err
}

type newParticipant struct {
	Address string `json:"address"`
	Name    string `json:"name,omitempty"`
	History bool   `json:"history,omitempty" doc:"They may read what came before."`
}

func (h *Handler) addParticipant(c *call, in newParticipant) error {
	number, err := c.number()
	if err != nil {
		return err
	}
	return h.desk.AddParticipant(c.ctx, c.by, number, in.Address, in.Name, in.History)
}

func (h *Handler) removeParticipant(c *call) error {
	number, err := c.number()
	if err != nil {
		return err
	}
	n, err := strconv.ParseUint(c.r.PathValue("participant"), 10, 16)
	if err != nil {
		return helpdesk.Errorf(helpdesk.NotFound, "there is no such participant")
	}
	return h.desk.RemoveParticipant(c.ctx, c.by, number, uint16(n))
}

type anAddress struct {
	Address string `json:"address"`
}

func (h *Handler) dismiss(c *call, in anAddress) error {
	number, err := c.number()
	if err != nil {
		return err
	}
	return h.desk.DismissSuggestion(c.ctx, c.by, number, in.Address)
}

func (h *Handler) release(c *call) error {
	number, seq, err := c.entryPlace()
	if err != nil {
		return err
	}
	return h.desk.Release(c.ctx, c.by, number, seq)
}

func (h *Handler) retryDelivery(c *call) error {
	return h.desk.TryAgain(c.ctx, c.by, c.r.PathValue("delivery"))
}

type mergeOrder struct {
	Into int64 `json:"into" doc:"The number of the request in which this one goes on."`
}

func (h *Handler) merge(c *call, in mergeOrder) error {
	number, err := c.number()
	if err != nil {
		return err
	}
	return h.desk.Merge(c.ctx, c.by, number, in.Into)
}

func (h *Handler) unmerge(c *call) error {
	number, err := c.number()
	if err != nil {
		return err
	}
	return h.desk.Unmerge(c.ctx, c.by, number)
}

type splitOrder struct {
	Subject string `json:"subject,omitempty" doc:"Of the new request; nothing takes the one that is proposed."`
}

// split has a message begin a request of its own.
func (h *Handler) split(c *call, in splitOrder) (out written, err error) {
	number, seq, err := c.entryPlace()
	if err != nil {
		return out, err
	}
	if in.Subject == "" {
		if in.Subject, err = h.desk.SplitSubject(c.ctx, c.by, number, seq); err != nil {
			return out, err
		}
	}
	out.Number, err = h.desk.Split(c.ctx, c.by, number, seq, in.Subject)
	return out, err
}

// unsplit takes back that a request was split off.
func (h *Handler) unsplit(c *call) (out written, err error) {
	number, err := c.number()
	if err != nil {
		return out, err
	}
	out.Number, err = h.desk.Unsplit(c.ctx, c.by, number)
	return out, err
}
