//! The line of the notation that says what runs at start: `start MEMBER <- a.App.onCreate > b.Sdk.init >> b.Sdk$1.run`.

use super::model::Facts;
use super::start::{StartCall, StartFact, StartKind, StartNode, StartRoot, StartStep};
use super::uses::MethodFact;
use crate::dex::names::descriptor;
use crate::package::manifest::ComponentKind;

/// A method on the way: its class and name, and whether it is left to others to run.
#[derive(Clone, Debug)]
struct Step {
    class: String,
    method: String,
    is_posted: bool,
}

/// The methods from the one that the platform calls to the one that the use is in.
#[derive(Clone, Debug, Default)]
pub(super) struct Way(Vec<Step>);

impl Way {
    /// Reads what stands behind `<-`: methods with `>` for a call between them, `>>` for what others run.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let mut steps = Vec::new();
        let mut is_posted = false;
        for (at, word) in text.split(' ').filter(|word| !word.is_empty()).enumerate() {
            if at % 2 == 1 {
                is_posted = match word {
                    ">" => false,
                    ">>" => true,
                    _ => return Err(format!("`{word}` is neither `>` nor `>>`")),
                };
                continue;
            }
            let (class, method) = word
                .rsplit_once('.')
                .ok_or("a method is written class.name")?;
            steps.push(Step {
                class: class.into(),
                method: method.into(),
                is_posted,
            });
        }
        Ok(Self(steps))
    }

    /// The classes of the methods.
    pub(super) fn classes(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|step| step.class.as_str())
    }

    /// The methods.
    pub(super) fn methods(&self) -> impl Iterator<Item = MethodFact> {
        self.0.iter().map(|step| MethodFact {
            class: step.class.clone(),
            name: step.method.clone(),
            ..MethodFact::default()
        })
    }

    /// Where it stands in the order of ways: what is surer comes first.
    pub(super) fn rank(&self, facts: &Facts) -> (bool, bool) {
        let is_screen = self.0.first().is_some_and(|first| {
            let (kind, _) = kind(facts, &first.class);
            kind.is_screen()
        });
        (is_screen, self.0.iter().any(|step| step.is_posted))
    }

    /// Adds the nodes to the facts, whose methods are numbered by `number`; gives the last one's number.
    pub(super) fn add(
        &self,
        facts: &mut Facts,
        number: impl Fn(&MethodFact) -> u32,
    ) -> Option<u32> {
        let first = self.0.first()?;
        let (kind, component) = kind(facts, &first.class);
        if kind == StartKind::Application {
            facts.manifest.application.name = Some(first.class.clone());
        }
        let start = facts.start.get_or_insert_with(StartFact::default);
        let narrow = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let root = narrow(start.roots.len());
        start.roots.push(StartRoot {
            kind,
            class: first.class.clone(),
            component,
        });
        let mut before = None;
        for (step, method) in self.0.iter().zip(self.methods()) {
            let from = before.map(|node| StartCall {
                node,
                offset: 0,
                names: format!("{}->{}", descriptor(&step.class), step.method),
                step: if step.is_posted {
                    StartStep::Posted
                } else {
                    StartStep::Call
                },
            });
            before = Some(narrow(start.nodes.len()));
            start.nodes.push(StartNode {
                method: number(&method),
                root,
                from,
            });
        }
        start.methods = narrow(start.nodes.len());
        before
    }
}

/// What begins with a class: a component of the lines, or else the application.
fn kind(facts: &Facts, class: &str) -> (StartKind, Option<u32>) {
    let mut components = (0u32..).zip(&facts.manifest.components);
    match components.find(|(_, component)| component.name == class) {
        Some((at, component)) => match component.kind {
            ComponentKind::Provider => (StartKind::Provider, Some(at)),
            _ => (StartKind::LauncherActivity, Some(at)),
        },
        None => (StartKind::Application, None),
    }
}

#[cfg(test)]
mod tests {
    use crate::facts::notation;

    #[test]
    fn a_line_is_a_use_and_the_way_to_it() {
        let facts = notation::parse(&[
            "provider com.y.Auto",
            "activity com.x.Main",
            "start android.os.Build.getSerial <- com.x.Main.onCreate",
            "start android.os.Build.getRadio <- com.y.Auto.onCreate > com.y.Sdk.init >> com.y.Sdk$1.run",
            "start android.os.Build.getModel <- com.x.App.onCreate > com.y.Sdk.init",
        ])
        .unwrap()
        .facts;
        let start = facts.start.as_ref().unwrap();
        let way = |member: &str| {
            let found = facts.uses.iter().find(|used| used.what.ends_with(member));
            let stack = start.stack(found.unwrap().sites[0].start.unwrap()).unwrap();
            let methods = stack.nodes.iter().map(|node| {
                let method = &facts.methods[usize::try_from(node.method).unwrap()];
                format!("{}.{}", method.class, method.name)
            });
            let methods: Vec<String> = methods.collect();
            (
                stack.is_before_screen(),
                stack.is_posted(),
                methods.join(" "),
            )
        };
        let line = |text: &str| text.to_owned();
        assert_eq!(
            way("getModel"),
            (true, false, line("com.x.App.onCreate com.y.Sdk.init"))
        );
        assert_eq!(
            way("getRadio"),
            (
                true,
                true,
                line("com.y.Auto.onCreate com.y.Sdk.init com.y.Sdk$1.run")
            )
        );
        assert_eq!(
            way("getSerial"),
            (false, false, line("com.x.Main.onCreate"))
        );
        let order: Vec<u32> = start.nodes.iter().map(|node| node.root).collect();
        assert_eq!(order, [0, 0, 1, 1, 1, 2]);
        assert_eq!(
            facts.manifest.application.name.as_deref(),
            Some("com.x.App")
        );
        assert!(facts.defines("com.y.Sdk$1"));
        assert!(notation::parse(&["start a.B.c <- d.E.f g.H.i"]).is_err());
        assert!(
            notation::parse(&["call a.B.c <- d.E.f"])
                .unwrap()
                .facts
                .start
                .is_none()
        );
    }

    #[test]
    fn facts_that_point_nowhere_have_no_way() {
        use crate::facts::{StartCall, StartFact, StartNode, StartRoot};
        let to = |node| StartNode {
            from: Some(StartCall {
                node,
                ..StartCall::default()
            }),
            ..StartNode::default()
        };
        let start = StartFact {
            roots: vec![StartRoot::default()],
            nodes: vec![StartNode::default(), to(2), to(1), to(0)],
            ..StartFact::default()
        };
        let length = |node| start.stack(node).map(|stack| stack.nodes.len());
        assert_eq!(
            [0, 1, 2, 3, 4].map(length),
            [Some(1), None, None, Some(2), None]
        );
    }
}
