package admin

import (
	"encoding/json"
	"net/http"
	"slices"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// Agent is an agent as the command line prints it.
type Agent struct {
	ID       helpdesk.ID        `json:"id"`
	Name     string             `json:"name"`
	Address  string             `json:"address"`
	Mail     helpdesk.AgentMail `json:"mail"`
	Disabled bool               `json:"disabled,omitempty"`
	Password string             `json:"password,omitempty"` // only of one just made, and only if it was made up
}

// AgentChange is what the command line wants of an agent; what is missing stays.
type AgentChange struct {
	Mail     string `json:"mail,omitempty"` // all, mine or none
	Disabled *bool  `json:"disabled,omitempty"`
}

func viewAgent(a *helpdesk.Agent) Agent {
	v := Agent{ID: a.ID, Name: a.Name, Address: a.Address.String(), Mail: a.Mail, Disabled: a.Disabled}
	if v.Mail == "" {
		v.Mail = helpdesk.MailMine
	}
	return v
}

// maxRequest is far above a name, an address and a password.
const maxRequest = 64 << 10

func (s *socket) addAgent(w http.ResponseWriter, r *http.Request) {
	account := r.PathValue("account")
	if !slices.Contains(s.accounts(), account) {
		s.answer(w, r, nil, helpdesk.Errorf(helpdesk.NotFound, "nothing is declared for the account %q", account))
		return
	}
	var in Agent
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxRequest)).Decode(&in); err != nil {
		s.answer(w, r, nil, helpdesk.Errorf(helpdesk.Invalid, "the request can't be read"))
		return
	}
	change, err := AgentChange{Mail: string(in.Mail)}.parse()
	if err != nil { // before there is an agent whose password nobody was told
		s.answer(w, r, nil, err)
		return
	}
	agent, password, err := s.desk.AddAgent(r.Context(), operator(r), in.Name, in.Address, in.Password)
	if err == nil && change.Mail != nil {
		agent, err = s.desk.SetAgent(r.Context(), operator(r), in.Address, change)
	}
	if err != nil {
		s.answer(w, r, nil, err)
		return
	}
	out := viewAgent(agent)
	if in.Password == "" {
		out.Password = password
	}
	s.answer(w, r, out, nil)
}

func (s *socket) setAgent(w http.ResponseWriter, r *http.Request) {
	var in AgentChange
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxRequest)).Decode(&in); err != nil {
		s.answer(w, r, nil, helpdesk.Errorf(helpdesk.Invalid, "the request can't be read"))
		return
	}
	change, err := in.parse()
	if err != nil {
		s.answer(w, r, nil, err)
		return
	}
	agent, err := s.desk.SetAgent(r.Context(), operator(r), r.PathValue("address"), change)
	if err != nil {
		s.answer(w, r, nil, err)
		return
	}
	s.answer(w, r, viewAgent(agent), nil)
}

func (c AgentChange) parse() (actions.AgentChange, error) {
	change := actions.AgentChange{Disabled: c.Disabled}
	if c.Mail != "" {
		mail, err := helpdesk.ParseAgentMail(c.Mail)
		if err != nil {
			return change, err
		}
		change.Mail = &mail
	}
	return change, nil
}
