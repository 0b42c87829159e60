//! Templates are refused in CloudFormation's words, and functions come to what they should.

use std::collections::BTreeMap;

use serde_json::{Map, json};

use super::*;
use crate::made::Made;

const GROUP: &str =
    "Resources:\n  G: {Type: AWS::EKS::Nodegroup, Properties: {NodegroupName: !Ref N, Subnets: []}}\n";

fn refused(text: &str) -> String {
    Template::read(text).unwrap_err().message
}

#[test]
fn bad_templates_get_the_words_of_cloudformation() {
    for (text, said) in [
        ("", "Either Template URL or Template Body must be specified."),
        ("{\"a\": ", "Template format error: JSON not well-formed. (line 1, column 6)"),
        ("- a", "Template format error: unsupported structure."),
        ("Resource: {}", "Invalid template property or properties [Resource]"),
        ("Description: x", "Template format error: At least one Resources member must be defined."),
        (
            "Resources: {A: {}}",
            "Template format error: [/Resources/A] Every Resources object must contain a Type member.",
        ),
        (
            "Resources: {A-b: {Type: 'AWS::EKS::Nodegroup'}}",
            "Template format error: Resource name A-b is non alphanumeric.",
        ),
        (
            "Resources: {A: {Type: 'AWS::EKS::Nodegroop'}}",
            "Template format error: Unrecognized resource types: [AWS::EKS::Nodegroop]",
        ),
        (
            "Resources: {A: {Type: 'AWS::EKS::Nodegroup', Property: 1}}",
            "Invalid template resource property 'Property'",
        ),
        (
            GROUP,
            "Template format error: Unresolved resource dependencies [N] in the Resources block of the template",
        ),
        (
            "Resources: {A: {Type: 'AWS::IAM::Role', DependsOn: B}, B: {Type: 'AWS::IAM::Role', DependsOn: A}}",
            "Circular dependency between resources: [A, B]",
        ),
        (
            "Resources: {A: {Type: 'AWS::IAM::Role'}}\nOutputs: {X: {Value: !GetAtt B.Arn}}",
            "Template format error: Unresolved resource dependencies [B] in the Outputs block of the template",
        ),
        (
            "Resources: {A: {Type: 'AWS::IAM::Role', Condition: C}}",
            "Template format error: Unresolved condition dependency C in the Resources block of the template",
        ),
        (
            "Transform: x\nResources: {A: {Type: 'AWS::IAM::Role'}}",
            "Transforms and macros are not supported by this endpoint; send the template that they make.",
        ),
    ] {
        assert_eq!(refused(text), said, "{text}");
    }
    assert!(refused(&"x".repeat(BODY_MAX + 1)).contains("less than or equal to 51200"));
}

#[test]
fn parameters_are_checked_before_anything_is_done() {
    let text = format!(
        "Parameters:\n  N: {{Type: String, AllowedPattern: '[a-z]+', MaxLength: 3}}\n  S: {{Type: Number, Default: 2, \
         MinValue: 1}}\n  L: {{Type: CommaDelimitedList, Default: 'a, b'}}\n{GROUP}"
    );
    let template = Template::read(&text).unwrap();
    let given = |name: &str, value: &str| Given { name: name.into(), value: Some(value.into()) };
    let asked = |given: &[Given]| values(&template, given, &[]).map_err(|it| it.message);
    for (given, said) in [
        (vec![], "Parameters: [N] must have values"),
        (vec![given("N", "a"), given("X", "1")], "Parameters: [X] do not exist in the template"),
        (vec![given("N", "A")], "Parameter 'N' must match pattern [a-z]+"),
        (vec![given("N", "abcd")], "Parameter 'N' must contain at most 3 characters"),
        (vec![given("N", "a"), given("S", "0")], "Parameter 'S' must be a number not less than 1"),
        (vec![given("N", "a"), given("S", "x")], "Parameter 'S' must be a number"),
    ] {
        assert_eq!(asked(&given).unwrap_err(), said);
    }
    let found = asked(&[given("N", "abc")]).unwrap();
    let referred: Vec<Value> = found.iter().map(Parameter::referred).collect();
    assert_eq!(referred, [json!("abc"), json!("2"), json!(["a", "b"])]);
    let kept = values(&template, &[Given { name: "N".into(), value: None }], &found).unwrap();
    assert_eq!(kept, found);
}

#[test]
fn functions_come_to_what_they_should() {
    let text = r"
Parameters: {Env: {Type: String, Default: test}}
Mappings: {Sizes: {test: {least: 1}, live: {least: 3}}}
Conditions: {Live: !Equals [!Ref Env, live], Other: !Not [!Condition Live], Both: !And [!Condition Live, !Condition Other]}
Resources:
  T: {Type: AWS::EC2::LaunchTemplate, Properties: {LaunchTemplateName: !Sub '${AWS::StackName}-${Env}-${!x}'}}
  R: {Type: AWS::IAM::Role, Condition: Live}
  G:
    Type: AWS::EKS::Nodegroup
    Properties:
      NodeRole: !If [Live, !GetAtt R.Arn, !ImportValue role]
      DiskSize: !If [Live, 1, !Ref 'AWS::NoValue']
      ScalingConfig: {MinSize: !FindInMap [Sizes, !Ref Env, least]}
      Subnets: !Split [',', !Join [',', [a, !Select [1, [x, y]]]]]
      LaunchTemplate: {Id: !Ref T, Version: !GetAtt T.LatestVersionNumber}
";
    let template = Template::read(text).unwrap();
    assert_eq!(template.order(), ["T", "R", "G"]);
    let parameters = values(&template, &[], &[]).unwrap();
    let exports = BTreeMap::from([("role".to_owned(), "arn:role".to_owned())]);
    let pseudo = Pseudo { stack_name: "s".into(), exports, ..Pseudo::default() };
    let scope = Scope::new(&template, &parameters, &pseudo).unwrap();
    assert!(!scope.is_wanted(template.resource("R").unwrap()));
    assert_eq!(scope.properties("T").unwrap(), json!({"LaunchTemplateName": "s-test-${x}"}));
    assert_eq!(scope.properties("G"), Err(Unresolved::Waits("T".into())));
    let draft = scope.clone().draft().properties("G").unwrap();
    assert_eq!(draft["LaunchTemplate"]["Id"], json!({"Ref": "T"}));
    let attributes = Map::from_iter([("LatestVersionNumber".to_owned(), json!("2"))]);
    let made = BTreeMap::from([("T".to_owned(), Made { reference: "lt-1".into(), attributes })]);
    let wanted = json!({
        "NodeRole": "arn:role", "ScalingConfig": {"MinSize": 1}, "Subnets": ["a", "y"],
        "LaunchTemplate": {"Id": "lt-1", "Version": "2"},
    });
    assert_eq!(scope.with(made).properties("G").unwrap(), wanted);
}

#[test]
fn iam_needs_a_capability() {
    let of = |text: &str| Template::read(text).unwrap().capability();
    assert_eq!(of("Resources: {A: {Type: 'AWS::EC2::VPC'}}"), None);
    let role = of("Resources: {A: {Type: 'AWS::IAM::Role', Properties: {Path: /}}}");
    assert_eq!(role, Some(("CAPABILITY_IAM", vec!["AWS::IAM::Role".to_owned()])));
    let named = of("Resources: {A: {Type: 'AWS::IAM::Role', Properties: {RoleName: x}}}");
    assert_eq!(named.map(|it| it.0), Some("CAPABILITY_NAMED_IAM"));
}
