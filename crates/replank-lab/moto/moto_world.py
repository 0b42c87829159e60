"""moto's server with what AWS does and moto 5.2.5 does not. Each patch names the gap; nothing else is touched.
Usage: python moto_world.py -H 127.0.0.1 -p PORT   (PENDING_S, TERMINATING_S: how long instances take)"""
import base64, copy, json, os, time, threading
from collections import Counter
from moto.core.responses import ActionResult, EmptyResult
from moto.autoscaling import models as m, responses as r
from moto.autoscaling.exceptions import AutoscalingClientError, ValidationError
from moto.core.utils import camelcase_to_underscores
from moto.ec2.models import amis, instances as ec2_instances
from moto.ec2.models.instance_types import INSTANCE_TYPES
from moto.ec2.exceptions import InvalidLaunchTemplateVersionNotFound
from moto.ec2.models.launch_templates import LaunchTemplate, LaunchTemplateBackend
from moto.ec2.responses.general import General
from moto.ec2.responses.launch_templates import LaunchTemplates
from moto.ec2.utils import parse_user_data
from moto.servicequotas.models import ServiceQuotasBackend
from moto.ssm import models as ssm

PENDING, TERMINATING = (float(os.environ.get(k, d)) for k, d in (("PENDING_S", "1"), ("TERMINATING_S", "1")))
IMAGES = json.loads(os.environ.get("EKS_IMAGES", "{}"))          # parameter name -> value
G, B = m.FakeAutoScalingGroup, m.AutoScalingBackend
LOCK = threading.RLock()

# --- knobs of the tests, as SSM parameters of the account: /moto-world/quota/CODE (vCPUs), /moto-world/console (a text)
def knob(backend, name, default=None):
    found = ssm.ssm_backends[backend.account_id][backend.region_name].get_parameters([name])
    return found[name].value if name in found else default
# vCPU limits of EC2, of which moto knows none; the usual one of an account that is in use where a test says nothing
def get_service_quota(self, service_code, quota_code):
    if service_code != "ec2": return old_quota(self, service_code, quota_code)
    return {"ServiceCode": "ec2", "QuotaCode": quota_code, "Unit": "None", "Adjustable": True, "Value": float(knob(self, f"/moto-world/quota/{quota_code}", 1152))}
old_quota = ServiceQuotasBackend.get_service_quota
ServiceQuotasBackend.get_service_quota = get_service_quota
STANDARD = "L-1216C47A"
def vcpus(kind): return INSTANCE_TYPES[kind]["VCpuInfo"]["DefaultVCpus"]
def over_quota(group, kind, count):
    running = [i for i in group.ec2_backend.all_instances() if i.state == "running"]
    limit = float(knob(group.ec2_backend, f"/moto-world/quota/{STANDARD}", 1152))
    if sum(vcpus(i.instance_type) for i in running) + count * vcpus(kind) <= limit: return None
    return f"You have requested more vCPU capacity than your current vCPU limit of {limit:.0f} allows for the instance bucket that the specified instance type belongs to. Please visit http://aws.amazon.com/contact-us/ec2-request to request an adjustment to this limit."
# the console of every instance
def get_console_output(self):
    instance = self.ec2_backend.get_instance(self._get_param("InstanceId")); text = knob(self.ec2_backend, "/moto-world/console", "")
    return ActionResult({"InstanceId": instance.id, "Timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "Output": base64.b64encode(text.encode()).decode()})
General.get_console_output = get_console_output

# --- launch templates: SourceVersion, ClientToken, user data of versions, deleting versions
def create_version(self):
    data, token = self._get_param("LaunchTemplateData", {}), self._get_param("ClientToken")
    backend, name, ident = self.ec2_backend, self._get_param("LaunchTemplateName"), self._get_param("LaunchTemplateId")
    template = backend.get_launch_template(ident) if ident else backend.get_launch_template_by_name(name)
    if data.get("UserData"): data["UserData"] = parse_user_data(data["UserData"])
    source = self._get_param("SourceVersion")
    if source: data = {**copy.deepcopy(template.get_version(source).data), **data}
    self.error_on_dryrun()
    tokens = template.__dict__.setdefault("tokens", {})
    version = tokens.get(token) or template.create_version(data, self._get_param("VersionDescription"))
    if token: tokens[token] = version
    return ActionResult({"LaunchTemplateVersion": {"CreateTime": version.create_time, "DefaultVersion": template.is_default(version),
        "LaunchTemplateData": version.data, "LaunchTemplateId": template.id, "LaunchTemplateName": template.name,
        "VersionDescription": version.description, "VersionNumber": version.number}})
LaunchTemplates.create_launch_template_version = create_version
def delete_versions(self):
    ident = self._get_param("LaunchTemplateId"); template = self.ec2_backend.get_launch_template(ident)
    gone = template.__dict__.setdefault("gone", set()); ok, bad = [], []
    for n in self._get_param("LaunchTemplateVersions", self._get_param("Versions", [])):
        row = {"LaunchTemplateId": ident, "LaunchTemplateName": template.name, "VersionNumber": int(n)}
        if int(n) == template.default_version_number or int(n) > len(template.versions):
            bad.append({**row, "ResponseError": {"Code": "launchTemplateVersionDoesNotExist" if int(n) > len(template.versions) else "unexpectedError"}})
        else: gone.add(int(n)); ok.append(row)
    return ActionResult({"SuccessfullyDeletedLaunchTemplateVersions": ok, "UnsuccessfullyDeletedLaunchTemplateVersions": bad})
LaunchTemplates.delete_launch_template_versions = delete_versions

# a version that was deleted is neither described nor launched from
def described(self, *args, **kw): return [(t, v) for t, v in old_described(self, *args, **kw) if v.number not in t.__dict__.get("gone", ())]
old_described = LaunchTemplateBackend.describe_launch_template_versions
LaunchTemplateBackend.describe_launch_template_versions = described
def get_version(self, num):
    gone = self.__dict__.get("gone", ())
    found = [v for v in self.versions if v.number not in gone][-1] if str(num).lower() == "$latest" else old_version(self, num)
    if found.number in gone: raise InvalidLaunchTemplateVersionNotFound(template_id=self.id, version=num)
    return found
old_version = LaunchTemplate.get_version
LaunchTemplate.get_version = get_version

# --- names of nodes: by region, as kubelets register them
def private_dns(self):
    domain = "ec2.internal" if self.region_name == "us-east-1" else f"{self.region_name}.compute.internal"
    return f"ip-{self.private_ip.replace('.', '-')}.{domain}"
ec2_instances.Instance.private_dns_name = property(private_dns)

# --- members: the version they were launched with; Pending and Terminating take time; hooks hold them
m.InstanceState.launch_template = property(lambda self: self.__dict__.get("lt"))
def note(group, text, cause, code="Successful"):
    a = m.Activity(text, cause, group, status_code=code); a.progress = 100 if code == "Successful" else 40
    group.__dict__.setdefault("log", []).insert(0, a); return a
def hook(group, kind):
    return next((h for h in group.autoscaling_backend.lifecycle_hooks.values()
                 if h.auto_scaling_group_name == group.name and h.transition == "autoscaling:EC2_INSTANCE_" + kind), None)
m.LifecycleHook.transition = property(lambda h: h.lifecycle_transition)
def enter(group, state, phase, after):
    h = hook(group, "LAUNCHING" if phase == "Pending" else "TERMINATING")
    state.lifecycle_state, state.until, state.after, state.hook = (f"{phase}:Wait", time.time() + h.heartbeat_timeout, after, h) if h else (phase, time.time() + after, 0, None)
# an action that ends: by its hook's default result when nobody said anything. A launch that is abandoned is terminated, past the hooks
def proceed(group, s, result):
    hook, phase = s.hook, s.lifecycle_state.split(":")[0]; s.hook = None
    if phase == "Pending" and result == "ABANDON":
        s.lifecycle_state, s.until, s.after = "Terminating", time.time() + TERMINATING, 0
        note(group, f"Terminating EC2 instance: {s.instance.id}", "a lifecycle action with token was abandoned: Lifecycle Action Completed with ABANDON Result")
    else: s.until, s.lifecycle_state = time.time() + s.after, phase + ":Proceed"
def settle(group):
    for s in list(group.instance_states):
        if getattr(s, "until", 0) and time.time() >= s.until:
            if s.hook: proceed(group, s, s.hook.default_result); continue
            s.until = 0
            if s.lifecycle_state.startswith("Pending"): s.lifecycle_state = "InService"
            else:
                group.instance_states.remove(s); group.ec2_backend.terminate_instances([s.instance.id])
    alive = [s for s in group.instance_states if not s.lifecycle_state.startswith(("Terminating", "Standby"))]
    if len(alive) < group.desired_capacity and "Launch" not in group._suspended_processes:
        G.replace_autoscaling_group_instances(group, group.desired_capacity - len(alive), group.get_propagated_tags())
    elif len(alive) > group.desired_capacity and "Terminate" not in group._suspended_processes:
        zones = Counter(s.availability_zone for s in alive)
        for _ in range(len(alive) - group.desired_capacity):       # fullest zone, then oldest template version, then oldest
            free = [s for s in alive if not s.protected_from_scale_in]
            if not free: break
            s = min(free, key=lambda s: (-zones[s.availability_zone], int((s.launch_template or {}).get("Version", 0)), s.instance.launch_time))
            zones[s.availability_zone] -= 1; alive.remove(s); enter(group, s, "Terminating", TERMINATING)
            note(group, f"Terminating EC2 instance: {s.instance.id}", "a difference between desired and actual capacity")
# Zones without capacity: those in the group's tag moto-world:no-capacity, with commas between them (a knob of the tests)
def short(group, subnets):
    tag = next((t.get("Value") or "" for t in group.tags or [] if t.get("Key") == "moto-world:no-capacity"), "")
    return [s for s in subnets if s and group.ec2_backend.get_subnet(s).availability_zone in tag.split(",")]
def no_capacity(group, subnet):
    zone = group.ec2_backend.get_subnet(subnet).availability_zone
    return f"We currently do not have sufficient {group.instance_type or 'm5.large'} capacity in the Availability Zone you requested ({zone}). Our system will be working on provisioning additional capacity."
def launch(self, count, tags, only=None):
    if not hasattr(self, "desired_capacity"): return []
    subnets = only or ((self.vpc_zone_identifier or "").split(",") if self.vpc_zone_identifier else [None])
    lacking = short(self, subnets); subnets = [s for s in subnets if s not in lacking]; made = []
    lt = self.ec2_launch_template
    version = lt.get_version(self.launch_template_version) if lt else None
    overrides = ((self.mixed_instances_policy or {}).get("LaunchTemplate") or {}).get("Overrides") or []
    kind = (overrides[0].get("InstanceType") if overrides else None) or self.instance_type
    quota = over_quota(self, kind, 1)
    if quota or not subnets:
        if time.time() > self.__dict__.get("refused", 0) + 5:
            self.refused = time.time()
            said = "VcpuLimitExceeded - " + quota if quota else "InsufficientInstanceCapacity - " + no_capacity(self, lacking[0])
            note(self, "Launching a new EC2 instance. Status Reason: Could not launch On-Demand Instances. " + said
                + " Launching EC2 instance failed.", "a difference between desired and actual capacity", "Failed")
        return []
    used = Counter(s.instance.subnet_id for s in self.instance_states if not s.lifecycle_state.startswith("Terminating"))
    for _ in range(count):
        if over_quota(self, kind, 1): break
        subnet = min(subnets, key=lambda s: (used[s], s or "")); used[subnet] += 1
        res = self.autoscaling_backend.ec2_backend.run_instances(self.image_id, 1, self.user_data, self.security_groups, instance_type=kind,
            tags={"instance": {**self.instance_tags, **tags, m.ASG_NAME_TAG: self.name}}, placement=self.availability_zones[0], launch_config=self.launch_config,
            launch_template={"LaunchTemplateId": lt.id, "Version": str(version.number)} if lt else None, is_instance_type_default=False,
            associate_public_ip=None, subnet_id=subnet, region_name=self.region)
        for i in res.instances:
            i.autoscaling_group = self
            s = m.InstanceState(i, protected_from_scale_in=self.new_instances_protected_from_scale_in)
            s.lt = {"LaunchTemplateId": lt.id, "LaunchTemplateName": lt.name, "Version": str(version.number)} if lt else None
            enter(self, s, "Pending", PENDING); self.instance_states.append(s); made.append(s)
            note(self, f"Launching a new EC2 instance: {i.id}", "a difference between desired and actual capacity")
    return made
G.replace_autoscaling_group_instances = launch
G.active_instances = lambda self: [s for s in self.instance_states if s.lifecycle_state == "InService"]
def set_desired(self, wanted):
    wanted = self.min_size if wanted is None else wanted
    if not self.min_size <= wanted <= self.max_size:
        raise ValidationError(f"Desired capacity:{wanted} must be between the specified min size:{self.min_size} and max size:{self.max_size}")
    self.desired_capacity = wanted; settle(self)
G.set_desired_capacity = set_desired
old_update = G.update
def update(self, **kw):
    lo, hi = kw.get("min_size"), kw.get("max_size")
    if (self.min_size if lo is None else lo) > (self.max_size if hi is None else hi): raise ValidationError("Max bound must be greater than or equal to min bound")
    if not kw.get("launch_template") and not kw.get("launch_config_name"):
        old, new = self.mixed_instances_policy or {}, kw.get("mixed_instances_policy")
        kw["mixed_instances_policy"] = {**old, **new, "LaunchTemplate": {**(old.get("LaunchTemplate") or {}), **(new.get("LaunchTemplate") or {})}} if new and old else (new or self.mixed_instances_policy)
    spec = ((kw.get("mixed_instances_policy") or {}).get("LaunchTemplate") or {}).get("LaunchTemplateSpecification") or {}
    if spec.get("LaunchTemplateId"): spec.pop("LaunchTemplateName", None)
    old_update(self, **kw)
G.update = update

# --- operations
def group_of(backend, name):
    g = backend.autoscaling_groups.get(name)
    if g is None: raise ValidationError(f"AutoScalingGroup name not found - AutoScalingGroup '{name}' not found")
    settle(g); return g
def state_of(backend, ident):
    for g in backend.autoscaling_groups.values():
        settle(g)
        for s in g.instance_states:
            if s.instance.id == ident: return g, s
    raise ValidationError(f"Instance Id not found - No managed instance found for instance ID: {ident}")
def terminate(self):
    ids = self._get_param("InstanceIds") or [self._get_param("InstanceId")]; less = self._get_bool_param("ShouldDecrementDesiredCapacity", False); out = []
    for ident in ids:
        g, s = state_of(self.autoscaling_backend, ident)
        if s.lifecycle_state.startswith("Terminating"): pass
        elif less and g.desired_capacity <= g.min_size:
            raise ValidationError(f"Currently, desiredSize equals minSize ({g.min_size}). Terminating instance without replacement will violate group's min size constraint. Either set shouldDecrementDesiredCapacity flag to false or lower group's min size.")
        else:
            if less and s.lifecycle_state != "Standby": g.desired_capacity -= 1
            enter(g, s, "Terminating", TERMINATING)
        out.append(note(g, f"Terminating EC2 instance: {ident}", "a user request", "InProgress")); settle(g)
    return ActionResult({"Activities": out} if self._get_param("InstanceIds") else {"Activity": out[0]})
def complete(self, beat=False):
    g, s = state_of(self.autoscaling_backend, self._get_param("InstanceId"))
    if not getattr(s, "hook", None): raise ValidationError(f"No active Lifecycle Action found with instance ID {s.instance.id}")
    if beat: s.until = time.time() + s.hook.heartbeat_timeout
    else: proceed(g, s, self._get_param("LifecycleActionResult"))
    settle(g); return EmptyResult()
def activities(self):
    name = self._get_param("AutoScalingGroupName")
    return ActionResult({"Activities": group_of(self.autoscaling_backend, name).__dict__.get("log", [])[:int(self._get_param("MaxRecords") or 100)]})
# LaunchInstances (November 2025): into the named zones, once for each token, the capacity error at once. What AWS does at MaxSize is in no
# source; refusing it here is a guess.
def launch_instances(self):
    g = group_of(self.autoscaling_backend, self._get_param("AutoScalingGroupName")); token = self._get_param("ClientToken")
    done = g.__dict__.setdefault("launched", {}); count = int(self._get_param("RequestedCapacity"))
    if token in done: return ActionResult(done[token])
    if not g.ec2_launch_template: raise ValidationError("LaunchInstances requires an Auto Scaling group with a launch template.")
    own = (g.vpc_zone_identifier or "").split(","); zones = self._get_param("AvailabilityZones") or []
    chosen = self._get_param("SubnetIds") or [s for s in own if g.ec2_backend.get_subnet(s).availability_zone in zones]
    if not chosen and len(own) > 1: raise ValidationError("Either AvailabilityZones or SubnetIds must be specified for an Auto Scaling group with multiple Availability Zones.")
    if set(chosen) - set(own): raise ValidationError("The subnets must be in the Auto Scaling group's configuration.")
    if g.desired_capacity + count > g.max_size: raise ValidationError(f"The requested capacity {count} exceeds the Auto Scaling group's max size {g.max_size}.")
    made, told, chosen = [], [], chosen or own; kind = g.instance_type
    if over_quota(g, kind, count): told = [{"InstanceType": kind, "MarketType": "on-demand", "SubnetId": s, "AvailabilityZone": g.ec2_backend.get_subnet(s).availability_zone,
        "ErrorCode": "VcpuLimitExceeded", "ErrorMessage": over_quota(g, kind, count)} for s in chosen]
    elif short(g, chosen) == chosen: told = [{"InstanceType": kind, "MarketType": "on-demand", "SubnetId": s, "AvailabilityZone": g.ec2_backend.get_subnet(s).availability_zone,
        "ErrorCode": "InsufficientInstanceCapacity", "ErrorMessage": no_capacity(g, s)} for s in chosen]
    else:
        g.desired_capacity += count; made = launch(g, count, g.get_propagated_tags(), chosen)
    done[token] = {"AutoScalingGroupName": g.name, "ClientToken": token, "Errors": told, "Instances": [{"InstanceType": s.instance.instance_type, "MarketType": "on-demand",
        "SubnetId": s.instance.subnet_id, "AvailabilityZone": s.availability_zone, "InstanceIds": [s.instance.id]} for s in made]}
    return ActionResult(done[token])
R = r.AutoScalingResponse
R.launch_instances = launch_instances
R.terminate_instance_in_auto_scaling_group, R.complete_lifecycle_action, R.describe_scaling_activities = terminate, complete, activities
R.record_lifecycle_action_heartbeat = lambda self: complete(self, True)
R.describe_instance_refreshes = lambda self: ActionResult({"InstanceRefreshes": []})
old_call = R.call_action
def call(self):
    with LOCK:
        name = self._get_param("AutoScalingGroupName"); backend = self.autoscaling_backend
        for g in backend.autoscaling_groups.values(): settle(g)
        action = self._get_action()
        if name and (action == "CreateAutoScalingGroup") == (name in backend.autoscaling_groups) and not action.startswith("Describe"):
            def refuse():
                if action == "CreateAutoScalingGroup": raise AutoscalingClientError("AlreadyExists", f"AutoScalingGroup by this name already exists - A group with the name {name} already exists")
                group_of(backend, name)
            setattr(self, camelcase_to_underscores(action), refuse)
        return old_call(self)
R.call_action = call

# --- images by SSM parameter
old_check = ssm.ParameterDict._check_loading_status
def check(self, key):
    old_check(self, key)
    if str(key or "").startswith("/aws/service/") and not self.__dict__.get("world"):
        self.world = True
        for name, value in IMAGES.items():
            ssm.defaultdict.__getitem__(self, name).append(ssm.Parameter(account_id=self.account_id, name=name, value=value, parameter_type="String", description=None,
                allowed_pattern=None, keyid=None, last_modified_date=time.time(), version=1, data_type="text"))
ssm.ParameterDict._check_loading_status = check

# --- the parameter that published an image (Image.PublicSsmParameterName, botocore 1.44.8), which moto's images lack
amis.Ami.public_ssm_parameter_name = property(lambda self: next((n for n, v in IMAGES.items() if v == self.id and not n.endswith("/recommended/image_id")),
    next((n for n, v in IMAGES.items() if v == self.id), None)))

if __name__ == "__main__":
    from moto.server import main
    main()
