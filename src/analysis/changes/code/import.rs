//! What imports a resource that is live and declared nowhere.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};

use super::body::Writer;
use crate::analysis::changes::report::{DriftReport, Status};
use crate::azure::catalogue::{self, Reader, ResourceType};
use crate::azure::estate::{Document, Estate};
use crate::azure::id::ResourceId;
use crate::azure::types;
use crate::terraform::evaluation::Evaluation;
use crate::terraform::schema::{self, Block};
use crate::terraform::syntax::print::quoted;
use crate::terraform::value::Value;

/// A resource with its import block.
#[derive(Clone, Debug)]
pub struct Import {
    /// Its address in the root module, such as `azurerm_public_ip.x`.
    pub address: String,
    /// The id as the report has it.
    pub id: String,
    /// The id as Terraform imports it.
    pub import_id: String,
    /// The provider configuration, where it is not the default one.
    pub provider: Option<String>,
    /// The inside of the `resource` block, or why there is none.
    pub body: Result<String, String>,
    /// Attributes of which Azure says nothing and which an apply sets to the provider's default.
    pub unsaid: BTreeSet<String>,
    /// The catalogue knows only some arguments of the type.
    pub partial: bool,
}

/// The inside of a resource block, and what Azure does not say of it.
type Body = Result<(String, BTreeSet<String>), String>;

impl Import {
    /// The blocks as a file has them.
    pub fn text(&self) -> String {
        let id = quoted(&self.import_id);
        let (ty, name) = self.address.split_once('.').unwrap_or((&self.address, ""));
        match (&self.body, &self.provider) {
            (Ok(body), provider) => {
                let provider = provider.as_ref().map(|p| format!("  provider = {p}\n\n")).unwrap_or_default();
                format!(
                    "import {{\n  to = {}\n  id = {id}\n}}\n\n{}resource {} {} {{\n{provider}{body}}}\n",
                    self.address,
                    self.remarks(),
                    quoted(ty),
                    quoted(name)
                )
            }
            // Terraform takes a provider here only when there is no resource block.
            (Err(why), Some(provider)) => format!(
                "{}import {{\n  provider = {provider}\n  to       = {}\n  id       = {id}\n}}\n",
                generate(why),
                self.address
            ),
            (Err(why), None) => {
                format!("{}import {{\n  to = {}\n  id = {id}\n}}\n", generate(why), self.address)
            }
        }
    }
}

impl Import {
    /// What is said above a resource block.
    fn remarks(&self) -> String {
        let mut out = String::new();
        if self.partial {
            out.push_str(
                "# These are the arguments that trueup knows of this type; a plan shows the others.\n",
            );
        }
        for name in &self.unsaid {
            out.push_str(&format!(
                "# Azure does not say its {name}: an apply sets it to the provider's default.\n"
            ));
        }
        out
    }
}

/// What is said in place of a resource block.
fn generate(why: &str) -> String {
    let why = why.replace(char::is_control, " ");
    format!("# No resource block: {why}. `terraform plan -generate-config-out=FILE` writes one.\n")
}

/// Where two resource types of the provider have one ARM type: which of them it is.
fn terraform_type(document: &Document) -> Option<&'static ResourceType> {
    let windows = document.get("properties.osProfile.windowsConfiguration").is_some()
        || document.get("properties.virtualMachineProfile.osProfile.windowsConfiguration").is_some();
    let of_os = |linux: &str, other: &str| catalogue::resource(if windows { other } else { linux });
    match document.arm_type.to_ascii_lowercase().as_str() {
        "microsoft.compute/virtualmachines" => {
            of_os("azurerm_linux_virtual_machine", "azurerm_windows_virtual_machine")
        }
        "microsoft.compute/virtualmachinescalesets" => {
            of_os("azurerm_linux_virtual_machine_scale_set", "azurerm_windows_virtual_machine_scale_set")
        }
        "microsoft.keyvault/vaults/accesspolicies" => catalogue::resource("azurerm_key_vault_access_policy"),
        other => catalogue::by_arm_type(other),
    }
}

/// What imports the unmanaged resources of a report that nobody accepts, and those of them for which there is nothing, with
/// the reason.
pub fn imports(
    report: &DriftReport,
    evaluation: &Evaluation,
    declared: &Estate,
    live: &Estate,
) -> (Vec<Import>, Vec<(String, String)>) {
    let mut maker = Maker::new(evaluation, declared, live);
    let (mut made, mut left) = (Vec::new(), Vec::new());
    for resource in report.of(Status::Unmanaged).filter(|r| r.accepted.is_none()) {
        match maker.import(&resource.id, &resource.type_name) {
            Ok(import) => made.push(import),
            Err(reason) => left.push((resource.id.clone(), reason)),
        }
    }
    (made, left)
}

struct Maker<'a> {
    live: &'a Estate,
    /// Names in use, with their type.
    taken: BTreeSet<String>,
    /// Addresses of the root module by the key of the id.
    known: HashMap<String, String>,
    /// The provider configuration of each subscription, and its major.
    providers: HashMap<String, (String, u32)>,
    major: u32,
}

impl<'a> Maker<'a> {
    fn new(evaluation: &Evaluation, declared: &Estate, live: &'a Estate) -> Maker<'a> {
        let own = || {
            declared
                .iter()
                .filter_map(|d| Some((&d.id, d.declared.as_ref().filter(|s| s.inline.is_empty())?)))
        };
        let known = own().filter(|(_, side)| side.address.module.is_root());
        let known = known.map(|(id, side)| (id.key(), side.address.to_string())).collect();
        let of_root = evaluation.instances.iter().filter(|i| i.address.module.is_root());
        let taken = of_root.map(|i| format!("{}.{}", i.address.type_name, i.address.name)).collect();
        let mut providers = HashMap::new();
        for (id, side) in own().filter(|(_, side)| side.major > 0) {
            if let Some(subscription) = id.subscription() {
                let of = (side.instance.provider.to_string(), side.major);
                let entry = providers.entry(subscription.to_ascii_lowercase()).or_insert_with(|| of.clone());
                // The configuration without an alias, where both have the subscription.
                if of.0.len() < entry.0.len() {
                    *entry = of;
                }
            }
        }
        let major = evaluation.providers.get("azurerm").and_then(|p| p.major).unwrap_or(5);
        Maker { live, taken, known, providers, major }
    }

    fn import(&mut self, id: &str, type_name: &str) -> Result<Import, String> {
        // An association has the ids of both its ends.
        if let (Some(ty), Some((host, member))) = (catalogue::resource(type_name), id.split_once('|')) {
            return self.association(ty, host, member);
        }
        let document = self.live.by_id(&ResourceId::new(id)).ok_or("it was not read")?;
        let ty = terraform_type(document).ok_or("azurerm has no resource that the catalogue knows for it")?;
        if document.is(types::KEY) {
            return Err(
                "a key is imported by its address in the vault, which needs the data plane".to_owned()
            );
        }
        let import_id = match document.is(types::ACCESS_POLICY) {
            true => self.policy_id(document).ok_or("it has no vault")?,
            false => provider_id(ty, &document.id),
        };
        let name = self.name(ty.name, document.name());
        let resource = self.resource(ty, document, &name);
        let document_id = document.id.clone();
        Ok(self.made(ty, &name, id, &import_id, &document_id, resource))
    }

    fn made(
        &mut self,
        ty: &ResourceType,
        name: &str,
        id: &str,
        import_id: &str,
        of: &ResourceId,
        body: Body,
    ) -> Import {
        let address = format!("{}.{name}", ty.name);
        let provider = Some(self.provider(of).0).filter(|p| p.contains('.'));
        self.known.insert(of.key(), address.clone());
        let (body, unsaid) = match body {
            Ok((text, unsaid)) => (Ok(text), unsaid),
            Err(why) => (Err(why), BTreeSet::new()),
        };
        let (id, import_id) = (id.to_owned(), import_id.to_owned());
        Import { address, id, import_id, provider, body, unsaid, partial: ty.partial }
    }

    /// The provider configuration of a subscription, and its major.
    fn provider(&self, id: &ResourceId) -> (String, u32) {
        let of = id.subscription().and_then(|s| self.providers.get(&s.to_ascii_lowercase())).cloned();
        of.unwrap_or_else(|| ("azurerm".to_owned(), self.major))
    }

    fn resource(&self, ty: &'static ResourceType, document: &Document, name: &str) -> Body {
        let major = self.provider(&document.id).1;
        let missing = || format!("there is no {} in azurerm {major}", ty.name);
        let schema =
            schema::catalogue::resource("hashicorp/azurerm", Some(major), ty.name).ok_or_else(missing)?;
        if let Some(path) = Some(ty).filter(|t| t.partial).and_then(|ty| unknown(ty, &schema, "")) {
            return Err(format!("it needs {path}, of which the catalogue knows nothing"));
        }
        let parent = document.id.parent();
        let vault = || parent.as_ref().and_then(|p| self.live.by_id(p)).ok_or("it has no vault");
        let host = if document.is(types::ACCESS_POLICY) { vault()? } else { document };
        let member = |path: &str| document.get(path).cloned().unwrap_or_else(Value::null);
        let declared = Value::object([
            ("object_id", member("properties.objectId")),
            ("application_id", member("properties.applicationId")),
            ("name", name.into()),
        ]);
        let reader = Reader { estate: self.live, document: host, declared: &declared, parent: None };
        let within = match &ty.synthetic {
            Some(synthetic) => reader.hosted(synthetic).ok_or("it is not in its vault")?,
            None => Vec::new(),
        };
        // What conditions of the catalogue ask of the code is what is live.
        let arguments = ty.roots().filter(|a| !a.is_block());
        let live = arguments.filter_map(|a| Some((a.name(), reader.live(a, &within)?)));
        let declared = match ty.synthetic {
            Some(_) => declared.clone(),
            None => Value::object(live),
        };
        let reader = Reader { declared: &declared, ..reader };
        let unsaid = RefCell::default();
        let writer = Writer { reader, ty, major, known: &self.known, unsaid };
        Ok((writer.resource(&schema, &within)?, writer.unsaid.into_inner()))
    }

    fn association(&mut self, ty: &'static ResourceType, host: &str, member: &str) -> Result<Import, String> {
        let synthetic = ty.synthetic.as_ref().ok_or("it has no host")?;
        let (of, _) = synthetic.member.first().ok_or("it has no member")?;
        let (host, member) = (ResourceId::new(host), ResourceId::new(member));
        let cased = |id: &ResourceId| match catalogue::by_arm_type(&id.arm_type().unwrap_or_default()) {
            Some(ty) => provider_id(ty, id),
            None => id.to_string(),
        };
        let import_id = format!("{}|{}", cased(&host), cased(&member));
        let written = |id: &ResourceId| match self.known.get(&id.key()) {
            Some(address) => format!("{address}.id"),
            None => quoted(&cased(id)),
        };
        let width = synthetic.host.len().max(of.len());
        let body = format!(
            "  {:<width$} = {}\n  {of:<width$} = {}\n",
            synthetic.host,
            written(&host),
            written(&member)
        );
        let name = self.name(ty.name, member.name());
        let id = format!("{host}|{member}");
        Ok(self.made(ty, &name, &id, &import_id, &ResourceId::new(&*id), Ok((body, BTreeSet::new()))))
    }

    /// `VAULT/objectId/ID`, with the application where there is one.
    fn policy_id(&self, document: &Document) -> Option<String> {
        let vault = provider_id(catalogue::resource("azurerm_key_vault")?, &document.id.parent()?);
        let object = document.str("properties.objectId")?;
        let application = document.str("properties.applicationId");
        let application = application.map(|a| format!("/applicationId/{a}")).unwrap_or_default();
        Some(format!("{vault}/objectId/{object}{application}"))
    }

    /// A label that nothing of the type has yet, after the resource's name.
    fn name(&mut self, type_name: &str, name: &str) -> String {
        let legal = |c: char| if c.is_ascii_alphanumeric() || c == '_' || c == '-' { c } else { '_' };
        let mut label: String = name.chars().map(legal).collect();
        if !label.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
            label.insert(0, '_');
        }
        let base = label.clone();
        let declared = |name: &str| self.taken.contains(&format!("{type_name}.{name}"));
        let free = (2usize..).map(|n| format!("{base}_{n}"));
        label = std::iter::once(label).chain(free).find(|l| !declared(l)).unwrap_or(base);
        self.taken.insert(format!("{type_name}.{label}"));
        label
    }
}

/// What a schema demands, in what is written of it, and the catalogue does not have.
fn unknown(ty: &ResourceType, schema: &Block, above: &str) -> Option<String> {
    let path = |name: &str| if above.is_empty() { name.to_owned() } else { format!("{above}.{name}") };
    let known = |path: &str| {
        ty.attribute(path).is_some_and(|a| a.is_writable() || a.is_block())
            || ty.aliases.iter().any(|a| a.old == path && a.new.is_some())
    };
    let mut arguments = schema.attributes.iter().filter(|a| a.required).map(|a| path(&a.name));
    arguments.find(|path| !known(path)).or_else(|| {
        schema.blocks.iter().find_map(|nested| {
            let path = path(&nested.name);
            match known(&path) {
                true => unknown(ty, &nested.block, &path),
                false => Some(path).filter(|_| nested.min > 0),
            }
        })
    })
}

/// The id as the provider wants it: its own spelling of what is no name, since it reads ids with their case.
fn provider_id(ty: &ResourceType, id: &ResourceId) -> String {
    if let Some((scope, rest)) = split_extension(id) {
        // What an extension belongs to is spelled as its own type has it.
        let scope = ResourceId::new(scope);
        let scope = match scope.arm_type().and_then(|t| catalogue::by_arm_type(&t)) {
            Some(of) => provider_id(of, &scope),
            None => scope.to_string(),
        };
        return match ty.arm_type {
            types::DIAGNOSTICS => format!("{scope}|{}", id.name()),
            types::ROLE_ASSIGNMENT => {
                format!("{scope}/providers/Microsoft.Authorization/roleAssignments/{}", id.name())
            }
            _ => format!("{scope}{rest}"),
        };
    }
    let template: Vec<&str> = ty.id.split('/').collect();
    let parts: Vec<&str> = id.as_str().split('/').collect();
    if template.len() != parts.len() || !ty.id.starts_with("/subscriptions/") {
        return id.to_string();
    }
    let spelled = template.iter().zip(&parts).map(|(t, part)| match t.contains('{') {
        true => *part,
        false => *t,
    });
    spelled.collect::<Vec<_>>().join("/")
}

/// What an extension resource belongs to, and the rest of its id; `None` for other resources.
fn split_extension(id: &ResourceId) -> Option<(String, String)> {
    let lower = id.key();
    let names = [
        "/providers/microsoft.insights/diagnosticsettings/",
        "/providers/microsoft.authorization/roleassignments/",
    ];
    let at = names.iter().filter_map(|n| lower.rfind(n)).max()?;
    let (scope, rest) = id.as_str().split_at_checked(at)?;
    Some((scope.to_owned(), rest.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_spelled_as_the_provider_spells_them() {
        let of = |name: &str, id: &str| provider_id(catalogue::resource(name).unwrap(), &ResourceId::new(id));
        let vault = "/subscriptions/S/resourcegroups/My-RG/providers/microsoft.keyvault/Vaults/KV-One";
        let spelled = "/subscriptions/S/resourceGroups/My-RG/providers/Microsoft.KeyVault/vaults/KV-One";
        assert_eq!(of("azurerm_key_vault", vault), spelled);
        let diagnostics = format!("{vault}/providers/microsoft.insights/diagnosticSettings/all");
        assert_eq!(of("azurerm_monitor_diagnostic_setting", &diagnostics), format!("{spelled}|all"));
        let grant = format!("{vault}/providers/Microsoft.Authorization/roleassignments/G");
        assert_eq!(
            of("azurerm_role_assignment", &grant),
            format!("{spelled}/providers/Microsoft.Authorization/roleAssignments/G")
        );
        assert_eq!(
            of("azurerm_resource_group", "/subscriptions/S/resourcegroups/R"),
            "/subscriptions/S/resourceGroups/R"
        );
    }
}
