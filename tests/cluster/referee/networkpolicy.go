package main

import (
	"encoding/json"

	"github.com/mattfenwick/cyclonus/pkg/matcher"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/kubernetes/pkg/apis/networking"
	networkingconversion "k8s.io/kubernetes/pkg/apis/networking/v1"
	"k8s.io/kubernetes/pkg/apis/networking/validation"
)

type trafficRequest struct {
	Policies []json.RawMessage `json:"policies"`
	Traffic  []traffic         `json:"traffic"`
	// OwnSelectors has cyclonus match labels by itself, rather than apimachinery.
	OwnSelectors bool `json:"ownSelectors"`
}

type traffic struct {
	From     end    `json:"from"`
	To       end    `json:"to"`
	Protocol string `json:"protocol"`
	Port     int    `json:"port"`
	// PortName is the name of that port in the pod that receives, if it has one.
	PortName string `json:"portName"`
}

// end is a pod, or an address outside of the cluster if it has no namespace.
type end struct {
	IP              string            `json:"ip"`
	Namespace       string            `json:"namespace"`
	NamespaceLabels map[string]string `json:"namespaceLabels"`
	Labels          map[string]string `json:"labels"`
}

type trafficAnswer struct {
	// Refused says for each policy why the API server would not take it; "" if it would.
	Refused []string `json:"refused"`
	// Ingress and Egress answer for each traffic whether the one end may send it and the other
	// receive it, with the policies that the API server takes.
	Ingress []bool `json:"ingress"`
	Egress  []bool `json:"egress"`
}

// judgeTraffic asks the API server whether it takes policies, and cyclonus what they let through.
func judgeTraffic(request []byte) (any, error) {
	var asked trafficRequest
	if err := read(request, &asked); err != nil {
		return nil, err
	}
	answer := trafficAnswer{Refused: []string{}, Ingress: []bool{}, Egress: []bool{}}
	var policies []*networkingv1.NetworkPolicy
	var selectors marks
	for _, each := range asked.Policies {
		policy, err := take(each)
		if err != nil {
			answer.Refused = append(answer.Refused, err.Error())
			continue
		}
		answer.Refused = append(answer.Refused, "")
		if !asked.OwnSelectors {
			if err := selectors.inPolicy(policy); err != nil {
				return nil, err
			}
		}
		policies = append(policies, policy)
	}
	matching := matcher.BuildNetworkPolicies(false, policies)
	for _, each := range asked.Traffic {
		from, to := each.From, each.To
		if !asked.OwnSelectors {
			from, to = selectors.inEnd(from), selectors.inEnd(to)
		}
		result := matching.IsTrafficAllowed(&matcher.Traffic{
			Source:           from.peer(),
			Destination:      to.peer(),
			ResolvedPort:     each.Port,
			ResolvedPortName: each.PortName,
			Protocol:         corev1.Protocol(each.Protocol),
		})
		answer.Ingress = append(answer.Ingress, result.Ingress.IsAllowed())
		answer.Egress = append(answer.Egress, result.Egress.IsAllowed())
	}
	return answer, nil
}

// take reads, defaults and validates a policy as the API server does when it is created.
func take(data []byte) (*networkingv1.NetworkPolicy, error) {
	var policy networkingv1.NetworkPolicy
	var internal networking.NetworkPolicy
	if err := read(data, &policy); err != nil {
		return nil, err
	}
	networkingconversion.SetObjectDefaults_NetworkPolicy(&policy)
	err := networkingconversion.Convert_v1_NetworkPolicy_To_networking_NetworkPolicy(
		&policy, &internal, nil)
	if err != nil {
		return nil, err
	}
	options := validation.ValidationOptionsForNetworking(&internal, nil)
	return &policy, validation.ValidateNetworkPolicy(&internal, options).ToAggregate()
}

func (e end) peer() *matcher.TrafficPeer {
	if e.Namespace == "" {
		return &matcher.TrafficPeer{IP: e.IP}
	}
	return &matcher.TrafficPeer{IP: e.IP, Internal: &matcher.InternalPeer{
		Namespace:       e.Namespace,
		NamespaceLabels: e.NamespaceLabels,
		PodLabels:       e.Labels,
	}}
}

func (m *marks) inEnd(given end) end {
	given.Labels = m.of(given.Labels)
	given.NamespaceLabels = m.of(given.NamespaceLabels)
	return given
}

func (m *marks) inPolicy(policy *networkingv1.NetworkPolicy) error {
	if err := m.replace(&policy.Spec.PodSelector); err != nil {
		return err
	}
	var peers []networkingv1.NetworkPolicyPeer
	for _, rule := range policy.Spec.Ingress {
		peers = append(peers, rule.From...)
	}
	for _, rule := range policy.Spec.Egress {
		peers = append(peers, rule.To...)
	}
	for _, peer := range peers { // A copy of the peer, but of the same selectors.
		for _, selector := range []*metav1.LabelSelector{peer.PodSelector, peer.NamespaceSelector} {
			if selector == nil {
				continue
			}
			if err := m.replace(selector); err != nil {
				return err
			}
		}
	}
	return nil
}
