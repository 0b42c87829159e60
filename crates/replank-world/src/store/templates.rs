//! The pod templates of a world: equal ones share one number and one value, so that what is worked out for a
//! template is worked out once and not for every pod.

use std::collections::BTreeMap;
use std::hash::BuildHasher;
use std::sync::Arc;

use rustc_hash::{FxBuildHasher, FxHashMap};

use crate::object::PodTemplate;
use crate::vocab::labels::LabelSets;

/// The templates of a world by content, and the variants that controllers derived from them.
#[derive(Clone, Debug, Default)]
pub struct Templates {
    /// By a hash of the content: few share one, and the content itself would be as large as the templates.
    by_content: FxHashMap<u64, Vec<Arc<PodTemplate>>>,
    derived: BTreeMap<(u32, Variant), Arc<PodTemplate>>,
    count: u32,
}

/// How a controller changes the template of its workload before it makes pods from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Variant {
    /// A Deployment's template in its ReplicaSet: with the label `pod-template-hash`.
    Hashed,
    /// A DaemonSet's template: with the tolerations that its controller adds.
    Daemon,
}

impl Templates {
    /// Shares a template: returns the equal one that is known, or numbers this one and interns its labels.
    pub fn enter(&mut self, mut template: PodTemplate, labels: &mut LabelSets) -> Arc<PodTemplate> {
        let content = content(&template);
        let hash = FxBuildHasher.hash_one(&content);
        let alike = self.by_content.get(&hash).into_iter().flatten();
        if let Some(known) = alike.into_iter().find(|known| self::content(known) == content) {
            return known.clone();
        }
        self.number(&mut template, labels);
        let template = Arc::new(template);
        self.by_content.entry(hash).or_default().push(template.clone());
        template
    }

    /// The variant of a template, made with `change` on first use. Templates without a number are not remembered.
    pub fn derive(
        &mut self,
        base: &Arc<PodTemplate>,
        variant: Variant,
        labels: &mut LabelSets,
        change: impl FnOnce(&mut PodTemplate),
    ) -> Arc<PodTemplate> {
        if let Some(known) = self.derived.get(&(base.id, variant)).filter(|_| base.id != 0) {
            return known.clone();
        }
        let mut template = PodTemplate::clone(base);
        change(&mut template);
        self.number(&mut template, labels);
        let template = Arc::new(template);
        self.derived.insert((base.id, variant), template.clone());
        template
    }

    fn number(&mut self, template: &mut PodTemplate, labels: &mut LabelSets) {
        self.count += 1;
        template.id = self.count;
        template.label_set = labels.intern(&template.labels);
        template.labels = labels.get(template.label_set).clone();
    }
}

/// What makes templates equal. What was given does not say all: defaults depend on who owns the pods.
fn content(template: &PodTemplate) -> String {
    format!("{} {:?}", template.raw.json(), template.spec)
}
