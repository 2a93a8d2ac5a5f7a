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
	Role     string             `json:"role"` // the name of the role
	Admin    bool               `json:"admin,omitempty"`
	Waiting  bool               `json:"waiting,omitempty"` // was asked to join and has not yet
	Disabled bool               `json:"disabled,omitempty"`
	Password string             `json:"password,omitempty"` // only of one just made, and only if it was made up
}

// AgentChange is what the command line wants of an agent; what is missing stays.
type AgentChange struct {
	Mail string `json:"mail,omitempty"` // all, mine or none
	Role string `json:"role,omitempty"` // id or name
	// ResetTOTP turns codes beside the password off, and ends all sessions.
	ResetTOTP bool  `json:"resetTOTP,omitempty"`
	Disabled  *bool `json:"disabled,omitempty"`
}

// viewAgent shows an agent whose role has a name.
func viewAgent(a *helpdesk.Agent, roles []helpdesk.DeskRole) Agent {
	crew := helpdesk.Crew{Roles: roles}
	role := crew.Role(a)
	v := Agent{
		ID: a.ID, Name: a.Name, Address: a.Address.String(), Mail: a.Mail, Disabled: a.Disabled,
		Role: role.Name, Admin: role.ID == helpdesk.AdminRole, Waiting: !a.Disabled && !a.Enters(),
	}
	if v.Mail == "" {
		v.Mail = helpdesk.MailMine
	}
	return v
}

func (s *socket) listAgents(w http.ResponseWriter, r *http.Request) {
	roles, err := s.desk.Roles(r.Context(), operator(r))
	if err != nil {
		s.answer(w, r, nil, err)
		return
	}
	agents, err := s.desk.Agents(r.Context(), operator(r))
	views := make([]Agent, len(agents))
	for i := range agents {
		views[i] = viewAgent(&agents[i], roles)
	}
	s.answer(w, r, views, err)
}

// answerAgent shows what became of an agent.
func (s *socket) answerAgent(w http.ResponseWriter, r *http.Request, agent *helpdesk.Agent, password string, err error) {
	if err != nil {
		s.answer(w, r, nil, err)
		return
	}
	roles, err := s.desk.Roles(r.Context(), operator(r))
	if err != nil {
		s.answer(w, r, nil, err)
		return
	}
	out := viewAgent(agent, roles)
	out.Password = password
	s.answer(w, r, out, nil)
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
	n := actions.NewAgent{Name: in.Name, Address: in.Address, Password: in.Password, Role: in.Role}
	if change.Mail != nil {
		n.Mail = *change.Mail
	}
	agent, password, err := s.desk.AddAgent(r.Context(), operator(r), n)
	if in.Password != "" {
		password = "" // who gave it knows it
	}
	s.answerAgent(w, r, agent, password, err)
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
	if err == nil && in.ResetTOTP {
		err = s.desk.ResetSecond(r.Context(), operator(r), agent.ID)
	}
	s.answerAgent(w, r, agent, "", err)
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
	if c.Role != "" {
		change.Role = &c.Role
	}
	return change, nil
}
