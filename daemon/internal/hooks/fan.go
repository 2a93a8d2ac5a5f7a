package hooks

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// body is what a hook is posted: what happened to what, and where to read it.
type body struct {
	Type      helpdesk.EventType `json:"type"`
	Timestamp time.Time          `json:"timestamp"`
	Data      data               `json:"data"`
}

type data struct {
	Ticket  *ref               `json:"ticket,omitempty"`
	Entry   int                `json:"entry,omitempty"`
	Kind    helpdesk.EntryKind `json:"kind,omitempty"`
	Contact *ref               `json:"contact,omitempty"`
	Held    *ref               `json:"held,omitempty"`
	Changed []string           `json:"changed,omitempty"`
}

// ref names something, with its address in the API.
type ref struct {
	ID     string `json:"id,omitempty"`
	Number int64  `json:"number,omitempty"`
	URL    string `json:"url"`
}

// fanOut makes posts of the oldest news, for the hooks that want them, in the
// transaction in which the news go. It reports whether there may be more.
func (t *Teller) fanOut(ctx context.Context, account string, hooks []helpdesk.Hook) (more bool, err error) {
	found, next, err := t.Store.Records(ctx, account, helpdesk.NewsRecord, "", "", newsPage)
	if err != nil {
		return false, err
	}
	for _, r := range found {
		var news helpdesk.News
		if err := json.Unmarshal(r.Raw, &news); err != nil {
			return false, fmt.Errorf("read news %s: %w", r.ID, err)
		}
		posts, err := t.posts(ctx, account, hooks, &news)
		if err != nil {
			return false, err
		}
		if err := t.put(ctx, account, r, posts); err != nil {
			return false, err
		}
	}
	return next != "", nil
}

// maxPosts of one transaction: etcd takes 128 operations.
const maxPosts = 100

// put writes posts and removes their news. More than one transaction holds are written
// before; who stops in between writes some again, and the hook is told them twice.
func (t *Teller) put(ctx context.Context, account string, news helpdesk.StoredRecord, posts []helpdesk.Post) error {
	for part := range slices.Chunk(posts, maxPosts) {
		change := &helpdesk.Change{Account: account}
		if len(posts) <= maxPosts {
			change.Records = append(change.Records, helpdesk.Record{Kind: helpdesk.NewsRecord, ID: news.ID, Rev: news.Rev, Gone: true})
		}
		for i := range part {
			change.Records = append(change.Records, helpdesk.Record{Kind: helpdesk.PostRecord, ID: part[i].Key(), Value: &part[i], Rev: part[i].Rev})
		}
		if err := t.Store.Commit(ctx, change); err != nil {
			return fmt.Errorf("write posts: %w", err)
		}
	}
	if len(posts) == 0 || len(posts) > maxPosts {
		gone := &helpdesk.Change{Account: account, Records: []helpdesk.Record{{Kind: helpdesk.NewsRecord, ID: news.ID, Rev: news.Rev, Gone: true}}}
		if err := t.Store.Commit(ctx, gone); err != nil {
			return fmt.Errorf("remove news: %w", err)
		}
	}
	for i := range posts {
		t.enqueue(account, &posts[i])
	}
	return nil
}

// posts that come of news.
func (t *Teller) posts(ctx context.Context, account string, hooks []helpdesk.Hook, news *helpdesk.News) ([]helpdesk.Post, error) {
	now := t.Now().UTC()
	var posts []helpdesk.Post
	switch {
	case news.Again != "":
		var p helpdesk.Post
		rev, err := t.Store.Record(ctx, account, helpdesk.PostRecord, string(news.Hook)+"/"+string(news.Again), &p)
		if helpdesk.KindOf(err) == helpdesk.NotFound {
			return nil, nil
		}
		p.Rev, p.State, p.Tries, p.Since, p.Next, p.Until = rev, helpdesk.PostWaits, 0, now, now, now.Add(helpdesk.PostLifetime)
		return []helpdesk.Post{p}, err
	case news.Hook != "":
		return []helpdesk.Post{t.post(account, news.Hook, news.At, helpdesk.HappenedTo{Type: helpdesk.PingEvent})}, nil
	}
	for _, e := range news.Events {
		for i := range hooks {
			if hooks[i].Wants(e.Type) {
				posts = append(posts, t.post(account, hooks[i].ID, news.At, e))
			}
		}
	}
	return posts, nil
}

func (t *Teller) post(account string, hook helpdesk.ID, at time.Time, e helpdesk.HappenedTo) helpdesk.Post {
	now := t.Now().UTC()
	raw, _ := json.Marshal(t.body(account, at, e)) // texts and numbers can always be written
	return helpdesk.Post{
		ID: helpdesk.NewTimedID(now), Hook: hook, Type: e.Type, Number: e.Number, Body: raw, At: at, State: helpdesk.PostWaits, Since: now, Next: now,
		Until: now.Add(helpdesk.PostLifetime),
	}
}

func (t *Teller) body(account string, at time.Time, e helpdesk.HappenedTo) body {
	root := t.root(account, e.HelpCenter) + "/api/v1"
	out := body{Type: e.Type, Timestamp: at, Data: data{Entry: e.Entry, Kind: e.Kind, Changed: e.Changed}}
	if e.Number != 0 {
		out.Data.Ticket = &ref{Number: e.Number, URL: fmt.Sprintf("%s/tickets/%d", root, e.Number)}
		if e.Ticket != 0 {
			out.Data.Ticket.ID = e.Ticket.String()
		}
	}
	if e.Contact != "" {
		out.Data.Contact = &ref{ID: string(e.Contact), URL: root + "/contacts/" + string(e.Contact)}
	}
	if e.Held != "" {
		out.Data.Held = &ref{ID: string(e.Held), URL: root + "/held/" + string(e.Held)}
	}
	return out
}

// root is the address of the ticket's help center, or of the account's first one.
func (t *Teller) root(account, center string) string {
	if h, ok := t.Directory.HelpCenter(account, center); ok {
		return h.BaseURL
	}
	for _, h := range t.Directory.HelpCenters() {
		if h.Account == account {
			return h.BaseURL
		}
	}
	return ""
}
