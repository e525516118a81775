package main

import (
	"context"
	"encoding/json"
	"fmt"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/authentication/serviceaccount"
	authuser "k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	"k8s.io/kubernetes/pkg/apis/rbac"
	rbacconversion "k8s.io/kubernetes/pkg/apis/rbac/v1"
	"k8s.io/kubernetes/pkg/apis/rbac/validation"
	registryvalidation "k8s.io/kubernetes/pkg/registry/rbac/validation"
	rbacauthorizer "k8s.io/kubernetes/plugin/pkg/auth/authorizer/rbac"
	"k8s.io/kubernetes/plugin/pkg/auth/authorizer/rbac/bootstrappolicy"
)

type accessRequest struct {
	Objects []json.RawMessage `json:"objects"`
	// Defaults adds the roles and bindings that every cluster starts with.
	Defaults bool     `json:"defaults"`
	Account  account  `json:"account"`
	Requests []action `json:"requests"`
}

type account struct {
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
}

type action struct {
	Verb        string `json:"verb"`
	Group       string `json:"group"`
	Resource    string `json:"resource"`
	Subresource string `json:"subresource"`
	Name        string `json:"name"`
	Namespace   string `json:"namespace"`
	// Path is set for what is no resource.
	Path *string `json:"path"`
}

type accessAnswer struct {
	// Refused says for each object why the API server would not take it; "" if it would.
	Refused []string `json:"refused"`
	// Allowed answers each request with the objects that the API server takes.
	Allowed []bool `json:"allowed"`
}

// store holds objects as the API server keeps them.
type store struct {
	roles               []*rbacv1.Role
	roleBindings        []*rbacv1.RoleBinding
	clusterRoles        []*rbacv1.ClusterRole
	clusterRoleBindings []*rbacv1.ClusterRoleBinding
}

// judgeRequests asks the API server's RBAC authorizer what a service account may do.
func judgeRequests(request []byte) (any, error) {
	var asked accessRequest
	if err := read(request, &asked); err != nil {
		return nil, err
	}
	objects := store{}
	if asked.Defaults {
		objects.bootstrap()
	}
	answer := accessAnswer{Refused: []string{}, Allowed: []bool{}}
	for _, each := range asked.Objects {
		why := ""
		if err := objects.add(each); err != nil {
			why = err.Error()
		}
		answer.Refused = append(answer.Refused, why)
	}
	if err := objects.aggregate(); err != nil {
		return nil, err
	}
	_, static := registryvalidation.NewTestRuleResolver(
		objects.roles, objects.roleBindings, objects.clusterRoles, objects.clusterRoleBindings)
	judge := rbacauthorizer.New(static, static, static, static)
	user := serviceaccount.UserInfo(asked.Account.Namespace, asked.Account.Name, "uid")
	groups := append(user.GetGroups(), "system:authenticated") // the authenticator adds it
	who := &authuser.DefaultInfo{Name: user.GetName(), Groups: groups}
	for _, each := range asked.Requests {
		decision, _, err := judge.Authorize(context.Background(), each.attributes(who))
		if err != nil {
			return nil, err
		}
		answer.Allowed = append(answer.Allowed, decision == authorizer.DecisionAllow)
	}
	return answer, nil
}

func (a action) attributes(who authuser.Info) authorizer.AttributesRecord {
	record := authorizer.AttributesRecord{User: who, Verb: a.Verb}
	if a.Path != nil {
		record.Path = *a.Path
		return record
	}
	record.ResourceRequest = true
	record.APIGroup = a.Group
	record.Resource = a.Resource
	record.Subresource = a.Subresource
	record.Name = a.Name
	record.Namespace = a.Namespace
	return record
}

// add validates an object as the API server does when it is created, and keeps it.
func (s *store) add(data []byte) error {
	var kind metav1.TypeMeta
	if err := json.Unmarshal(data, &kind); err != nil {
		return err
	}
	switch kind.Kind {
	case "Role":
		return s.addRole(data)
	case "ClusterRole":
		return s.addClusterRole(data)
	case "RoleBinding":
		return s.addRoleBinding(data)
	case "ClusterRoleBinding":
		return s.addClusterRoleBinding(data)
	}
	return fmt.Errorf("no kind of RBAC: %q", kind.Kind)
}

func (s *store) addRole(data []byte) error {
	var object rbacv1.Role
	var internal rbac.Role
	if err := read(data, &object); err != nil {
		return err
	}
	if err := rbacconversion.Convert_v1_Role_To_rbac_Role(&object, &internal, nil); err != nil {
		return err
	}
	return keep(&s.roles, &object, validation.ValidateRole(&internal))
}

func (s *store) addClusterRole(data []byte) error {
	var object rbacv1.ClusterRole
	var internal rbac.ClusterRole
	if err := read(data, &object); err != nil {
		return err
	}
	err := rbacconversion.Convert_v1_ClusterRole_To_rbac_ClusterRole(&object, &internal, nil)
	if err != nil {
		return err
	}
	options := validation.ClusterRoleValidationOptions{}
	return keep(&s.clusterRoles, &object, validation.ValidateClusterRole(&internal, options))
}

func (s *store) addRoleBinding(data []byte) error {
	var object rbacv1.RoleBinding
	var internal rbac.RoleBinding
	if err := read(data, &object); err != nil {
		return err
	}
	rbacconversion.SetObjectDefaults_RoleBinding(&object)
	err := rbacconversion.Convert_v1_RoleBinding_To_rbac_RoleBinding(&object, &internal, nil)
	if err != nil {
		return err
	}
	return keep(&s.roleBindings, &object, validation.ValidateRoleBinding(&internal))
}

func (s *store) addClusterRoleBinding(data []byte) error {
	var object rbacv1.ClusterRoleBinding
	var internal rbac.ClusterRoleBinding
	if err := read(data, &object); err != nil {
		return err
	}
	rbacconversion.SetObjectDefaults_ClusterRoleBinding(&object)
	err := rbacconversion.Convert_v1_ClusterRoleBinding_To_rbac_ClusterRoleBinding(
		&object, &internal, nil)
	if err != nil {
		return err
	}
	return keep(&s.clusterRoleBindings, &object, validation.ValidateClusterRoleBinding(&internal))
}

func keep[T any](kept *[]*T, object *T, problems field.ErrorList) error {
	if err := problems.ToAggregate(); err != nil {
		return err
	}
	*kept = append(*kept, object)
	return nil
}

// bootstrap adds what the API server creates when it starts on an empty store.
func (s *store) bootstrap() {
	for _, each := range bootstrappolicy.ClusterRoles() {
		s.clusterRoles = append(s.clusterRoles, &each)
	}
	for _, each := range bootstrappolicy.ClusterRoleBindings() {
		s.clusterRoleBindings = append(s.clusterRoleBindings, &each)
	}
}

// aggregate does what the controller clusterroleaggregation does (its step is not exported, and it
// needs a server): the rules of a role with an aggregationRule become those of the other roles that
// its selectors match, over and over. Roles that aggregate each other may keep what was written in
// them for ever, so it ends when nothing changes any more.
func (s *store) aggregate() error {
	for round := 0; round <= len(s.clusterRoles)+1; round++ {
		changed := false
		for _, role := range s.clusterRoles {
			if role.AggregationRule == nil {
				continue
			}
			rules, err := s.selected(role)
			if err != nil {
				return err
			}
			changed = changed || fmt.Sprint(rules) != fmt.Sprint(role.Rules)
			role.Rules = rules
		}
		if !changed {
			return nil
		}
	}
	return nil
}

func (s *store) selected(role *rbacv1.ClusterRole) ([]rbacv1.PolicyRule, error) {
	var rules []rbacv1.PolicyRule
	seen := map[string]bool{}
	for _, each := range role.AggregationRule.ClusterRoleSelectors {
		selector, err := metav1.LabelSelectorAsSelector(&each)
		if err != nil {
			return nil, err
		}
		for _, other := range s.clusterRoles {
			if other.Name == role.Name || !selector.Matches(labels.Set(other.Labels)) {
				continue
			}
			for _, rule := range other.Rules {
				if key := fmt.Sprintf("%#v", rule); !seen[key] {
					seen[key] = true
					rules = append(rules, rule)
				}
			}
		}
	}
	return rules, nil
}
