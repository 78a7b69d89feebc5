//! Keeps facts below the limit of their size: what is largest and least telling goes first.

use crate::facts::model::Facts;
use crate::facts::uses::{Known, Site};
use crate::incident::{Channel, Incident, IncidentCode};
use crate::limits::Limits;

/// Bytes of JSON around a number, and around an object with a few fields.
const NUMBER: usize = 8;
const OBJECT: usize = 64;

/// A part of the facts: how large it is, how to leave it out, what is lost with it.
type Piece = (
    fn(&Facts) -> usize,
    fn(&mut Facts),
    &'static str,
    &'static [Channel],
);

const PIECES: [Piece; 5] = [
    (
        |facts| {
            facts
                .refers
                .iter()
                .map(|to| sum(to.len(), NUMBER))
                .fold(0, usize::saturating_add)
        },
        |facts| facts.refers.clear(),
        "references between classes",
        &[Channel::Code],
    ),
    (
        |facts| {
            let uses = facts.uses.iter().map(|used| {
                let sites = used.sites.iter().map(site).fold(0, usize::saturating_add);
                text(&used.what).saturating_add(sites)
            });
            let methods = facts.methods.iter().map(|method| {
                let names = text(&method.class).saturating_add(text(&method.name));
                names.saturating_add(sum(method.callers.len(), NUMBER))
            });
            let nodes = facts.start.iter().flat_map(|start| &start.nodes);
            let nodes =
                nodes.map(|node| node.from.as_ref().map_or(OBJECT, |from| text(&from.names)));
            uses.chain(methods)
                .chain(nodes)
                .fold(0, usize::saturating_add)
        },
        |facts| {
            facts.start = None;
            facts.uses.clear();
            facts.methods.clear();
        },
        "uses of the platform and of libraries",
        &[Channel::Code],
    ),
    (
        |facts| {
            let scripts = facts.scripts.iter().flat_map(|script| &script.names);
            let native = facts.native.iter().flat_map(|library| &library.names);
            texts(scripts.chain(native))
        },
        |facts| {
            facts.scripts.clear();
            facts
                .native
                .iter_mut()
                .for_each(|library| library.names.clear());
        },
        "names in scripts and native libraries",
        &[Channel::Assets, Channel::Native],
    ),
    (
        |facts| texts(facts.assets.iter().chain(&facts.hosts)),
        |facts| {
            facts.assets.clear();
            facts.hosts.clear();
        },
        "names of files and hosts",
        &[Channel::Assets, Channel::Code],
    ),
    (
        |facts| {
            texts(
                facts
                    .dex
                    .iter()
                    .flat_map(|dex| &dex.defines)
                    .chain(&facts.referenced),
            )
        },
        |facts| {
            facts.dex.iter_mut().for_each(|dex| dex.defines.clear());
            facts.referenced.clear();
        },
        "names of classes",
        &[Channel::Code],
    ),
];

/// Leaves out parts until the facts are estimated to be within [`Limits::output_bytes`].
pub(super) fn shorten(facts: &mut Facts, limits: &Limits) {
    let sizes = PIECES.map(|(size, ..)| size(facts));
    let mut total = sizes.iter().copied().fold(0, usize::saturating_add);
    for ((_, clear, what, hides), size) in PIECES.into_iter().zip(sizes) {
        if total <= limits.output_bytes {
            break;
        }
        if size == 0 {
            continue;
        }
        clear(facts);
        total = total.saturating_sub(size);
        for &channel in hides {
            let detail = format!("the facts would be larger than the limit; left out: {what}");
            let incident = Incident::new(IncidentCode::LimitReached, "", detail);
            facts.incidents.push(incident.hiding(channel));
        }
    }
}

fn sum(count: usize, each: usize) -> usize {
    count.saturating_mul(each)
}

fn text(text: &str) -> usize {
    text.len().saturating_add(OBJECT)
}

fn texts<'t>(all: impl Iterator<Item = &'t String>) -> usize {
    all.map(|one| one.len().saturating_add(NUMBER))
        .fold(0, usize::saturating_add)
}

fn site(site: &Site) -> usize {
    let args = site.args.iter().map(|arg| match &arg.is {
        Known::Text(t)
        | Known::Start(t)
        | Known::Class(t)
        | Known::Field(t)
        | Known::Uri(t)
        | Known::Action(t) => text(t),
        Known::Int(_) => OBJECT,
    });
    let through = site.through.as_deref().map_or(0, text);
    args.chain([OBJECT, through]).fold(0, usize::saturating_add)
}
