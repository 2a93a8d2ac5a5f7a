package admin

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// Audit is what the command line asks about the audit log.
type Audit interface {
	AuditLog(ctx context.Context, by actions.Actor, q actions.AuditQuery) (*actions.AuditPage, error)
	CheckAudit(ctx context.Context, by actions.Actor, kept helpdesk.AuditHead) (*actions.AuditCheck, error)
}

func (s *socket) handleAudit(mux *http.ServeMux) {
	mux.HandleFunc("GET /accounts/{account}/audit", s.listAudit)
	mux.HandleFunc("GET /accounts/{account}/audit/check", s.checkAudit)
}

func (s *socket) listAudit(w http.ResponseWriter, r *http.Request) {
	before, _ := strconv.ParseInt(r.FormValue("before"), 10, 64) // 0 from the end
	limit, err := strconv.Atoi(r.FormValue("limit"))
	if err != nil {
		limit = actions.MostAudited
	}
	page, err := s.desk.AuditLog(r.Context(), operator(r), actions.AuditQuery{
		Agent: helpdesk.ID(r.FormValue("agent")), Act: r.FormValue("act"), Subject: r.FormValue("about"), Before: before, Limit: limit,
	})
	s.answer(w, r, page, err)
}

func (s *socket) checkAudit(w http.ResponseWriter, r *http.Request) {
	kept, err := ParseAuditHead(r.FormValue("head"))
	if err != nil {
		s.answer(w, r, nil, err)
		return
	}
	check, err := s.desk.CheckAudit(r.Context(), operator(r), kept)
	s.answer(w, r, check, err)
}

// ParseAuditHead reads SEQ:HASH, as it is printed; "" is the zero head.
func ParseAuditHead(text string) (helpdesk.AuditHead, error) {
	if text == "" {
		return helpdesk.AuditHead{}, nil
	}
	seq, hash, _ := strings.Cut(text, ":")
	n, err := strconv.ParseInt(seq, 10, 64)
	if err != nil || n < 1 || len(hash) != 64 || strings.Trim(hash, "0123456789abcdef") != "" {
		return helpdesk.AuditHead{}, helpdesk.Errorf(helpdesk.Invalid, "a head is a number, a colon and 64 hex digits, as postern verify --audit prints it")
	}
	return helpdesk.AuditHead{Seq: n, Hash: hash}, nil
}
