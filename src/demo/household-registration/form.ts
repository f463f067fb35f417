/**
 * The form of the demonstration: our own household registration, as XForm. Version 2026-01-01 of the form behind the
 * recorded answers in `test/fixtures/odk`.
 */
export const householdRegistrationXml = `<?xml version="1.0"?>
<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml" xmlns:ev="http://www.w3.org/2001/xml-events" xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:jr="http://openrosa.org/javarosa" xmlns:orx="http://openrosa.org/xforms" xmlns:odk="http://www.opendatakit.org/xforms" xmlns:entities="http://www.opendatakit.org/xforms/entities">
  <h:head>
    <h:title>Household registration</h:title>
    <model odk:xforms-version="1.0.0" entities:entities-version="2024.1.0">
      <itext>
        <translation lang="English (en)" default="true()">
          <text id="yesno-yes"><value>Yes</value></text>
          <text id="yesno-no"><value>No</value></text>
          <text id="district-d01"><value>North Lake</value></text>
          <text id="district-d02"><value>Green Valley</value></text>
          <text id="district-d03"><value>Port City</value></text>
          <text id="programme-cash"><value>Cash transfer</value></text>
          <text id="programme-food"><value>Food aid</value></text>
          <text id="programme-school_meals"><value>School meals</value></text>
          <text id="sex-m"><value>Male</value></text>
          <text id="sex-f"><value>Female</value></text>
          <text id="sex-o"><value>Other</value></text>
          <text id="relation-head"><value>Head</value></text>
          <text id="relation-spouse"><value>Spouse</value></text>
          <text id="relation-child"><value>Child</value></text>
          <text id="relation-parent"><value>Parent</value></text>
          <text id="relation-other"><value>Other</value></text>
          <text id="disability-none"><value>None</value></text>
          <text id="disability-seeing"><value>Seeing</value></text>
          <text id="disability-hearing"><value>Hearing</value></text>
          <text id="disability-walking"><value>Walking</value></text>
          <text id="doctype-birth_cert"><value>Birth certificate</value></text>
          <text id="doctype-nid"><value>National ID</value></text>
          <text id="doctype-voter"><value>Voter card</value></text>
        </translation>
        <translation lang="Français (fr)">
          <text id="yesno-yes"><value>Oui</value></text>
          <text id="yesno-no"><value>Non</value></text>
          <text id="district-d01"><value>Lac Nord</value></text>
          <text id="district-d02"><value>Vallée Verte</value></text>
          <text id="district-d03"><value>Ville-Port</value></text>
          <text id="programme-cash"><value>Transfert</value></text>
          <text id="programme-food"><value>Aide alimentaire</value></text>
          <text id="programme-school_meals"><value>Repas scolaires</value></text>
          <text id="sex-m"><value>Masculin</value></text>
          <text id="sex-f"><value>Féminin</value></text>
          <text id="sex-o"><value>Autre</value></text>
          <text id="relation-head"><value>Chef</value></text>
          <text id="relation-spouse"><value>Conjoint</value></text>
          <text id="relation-child"><value>Enfant</value></text>
          <text id="relation-parent"><value>Parent</value></text>
          <text id="relation-other"><value>Autre</value></text>
          <text id="disability-none"><value>Aucun</value></text>
          <text id="disability-seeing"><value>Vue</value></text>
          <text id="disability-hearing"><value>Ouïe</value></text>
          <text id="disability-walking"><value>Marche</value></text>
          <text id="doctype-birth_cert"><value>Acte de naissance</value></text>
          <text id="doctype-nid"><value>CNI</value></text>
          <text id="doctype-voter"><value>Carte d'électeur</value></text>
        </translation>
      </itext>
      <instance>
        <data id="household_registration" version="2026-01-01">
          <start/>
          <end/>
          <deviceid/>
          <consent/>
          <hh-name/>
          <card_no/>
          <district/>
          <programmes/>
          <reg_date/>
          <visit_time/>
          <rooms/>
          <income/>
          <location/>
          <plot/>
          <photo/>
          <notes/>
          <head>
            <given_name/>
            <family_name/>
            <sex/>
            <dob/>
            <national_id/>
          </head>
          <members>
            <member jr:template="">
              <name>
                <given_name/>
                <family_name/>
              </name>
              <relation/>
              <sex/>
              <dob/>
              <age_years/>
              <disabilities/>
              <document jr:template="">
                <doc_type/>
                <doc_number/>
                <doc_photo/>
              </document>
            </member>
          </members>
          <member_count/>
          <meta>
            <instanceID/>
            <instanceName/>
            <entity dataset="registered_households" id="" create="">
              <label/>
            </entity>
          </meta>
        </data>
      </instance>
      <instance id="yesno"><root>
        <item><name>yes</name><itextId>yesno-yes</itextId></item>
        <item><name>no</name><itextId>yesno-no</itextId></item>
      </root></instance>
      <instance id="programme"><root>
        <item><name>cash</name><itextId>programme-cash</itextId></item>
        <item><name>food</name><itextId>programme-food</itextId></item>
        <item><name>school_meals</name><itextId>programme-school_meals</itextId></item>
      </root></instance>
      <instance id="sex"><root>
        <item><name>m</name><itextId>sex-m</itextId></item>
        <item><name>f</name><itextId>sex-f</itextId></item>
        <item><name>o</name><itextId>sex-o</itextId></item>
      </root></instance>
      <instance id="relation"><root>
        <item><name>head</name><itextId>relation-head</itextId></item>
        <item><name>spouse</name><itextId>relation-spouse</itextId></item>
        <item><name>child</name><itextId>relation-child</itextId></item>
        <item><name>parent</name><itextId>relation-parent</itextId></item>
        <item><name>other</name><itextId>relation-other</itextId></item>
      </root></instance>
      <instance id="disability"><root>
        <item><name>none</name><itextId>disability-none</itextId></item>
        <item><name>seeing</name><itextId>disability-seeing</itextId></item>
        <item><name>hearing</name><itextId>disability-hearing</itextId></item>
        <item><name>walking</name><itextId>disability-walking</itextId></item>
      </root></instance>
      <instance id="doctype"><root>
        <item><name>birth_cert</name><itextId>doctype-birth_cert</itextId></item>
        <item><name>nid</name><itextId>doctype-nid</itextId></item>
        <item><name>voter</name><itextId>doctype-voter</itextId></item>
      </root></instance>
      <bind nodeset="/data/start" type="dateTime" jr:preload="timestamp" jr:preloadParams="start"/>
      <bind nodeset="/data/end" type="dateTime" jr:preload="timestamp" jr:preloadParams="end"/>
      <bind nodeset="/data/deviceid" type="string" jr:preload="property" jr:preloadParams="deviceid"/>
      <bind nodeset="/data/consent" type="string" required="true()"/>
      <bind nodeset="/data/hh-name" type="string" required="true()" entities:saveto="hh_name"/>
      <bind nodeset="/data/card_no" type="string" entities:saveto="card_no"/>
      <bind nodeset="/data/district" type="string" entities:saveto="district"/>
      <bind nodeset="/data/programmes" type="string"/>
      <bind nodeset="/data/reg_date" type="date"/>
      <bind nodeset="/data/visit_time" type="dateTime"/>
      <bind nodeset="/data/rooms" type="int"/>
      <bind nodeset="/data/income" type="decimal"/>
      <bind nodeset="/data/location" type="geopoint" entities:saveto="geometry"/>
      <bind nodeset="/data/plot" type="geoshape"/>
      <bind nodeset="/data/photo" type="binary"/>
      <bind nodeset="/data/notes" type="string"/>
      <bind nodeset="/data/head/given_name" type="string"/>
      <bind nodeset="/data/head/family_name" type="string"/>
      <bind nodeset="/data/head/sex" type="string"/>
      <bind nodeset="/data/head/dob" type="date"/>
      <bind nodeset="/data/head/national_id" type="string"/>
      <bind nodeset="/data/members/member/name/given_name" type="string"/>
      <bind nodeset="/data/members/member/name/family_name" type="string"/>
      <bind nodeset="/data/members/member/relation" type="string"/>
      <bind nodeset="/data/members/member/sex" type="string"/>
      <bind nodeset="/data/members/member/dob" type="date"/>
      <bind nodeset="/data/members/member/age_years" type="int" calculate="int((today() - date(../dob)) div 365.25)"/>
      <bind nodeset="/data/members/member/disabilities" type="string"/>
      <bind nodeset="/data/members/member/document/doc_type" type="string"/>
      <bind nodeset="/data/members/member/document/doc_number" type="string"/>
      <bind nodeset="/data/members/member/document/doc_photo" type="binary"/>
      <bind nodeset="/data/member_count" type="int" calculate="count(/data/members/member)"/>
      <bind nodeset="/data/meta/instanceID" type="string" readonly="true()" jr:preload="uid"/>
      <bind nodeset="/data/meta/instanceName" type="string" calculate="concat(/data/hh-name, ' - ', /data/card_no)"/>
      <bind nodeset="/data/meta/entity/@id" type="string" readonly="true()"/>
      <bind nodeset="/data/meta/entity/label" type="string" readonly="true()" calculate="concat(/data/hh-name, ' - ', /data/card_no)"/>
    </model>
  </h:head>
  <h:body>
    <select1 ref="/data/consent">
      <label>Consent given?</label>
      <itemset nodeset="instance('yesno')/root/item"><value ref="name"/><label ref="jr:itext(itextId)"/></itemset>
    </select1>
    <input ref="/data/hh-name"><label>Household name</label></input>
    <input ref="/data/card_no"><label>Card number</label></input>
    <select1 ref="/data/district">
      <label>District</label>
      <item><label ref="jr:itext('district-d01')"/><value>d01</value></item>
      <item><label ref="jr:itext('district-d02')"/><value>d02</value></item>
      <item><label ref="jr:itext('district-d03')"/><value>d03</value></item>
    </select1>
    <select ref="/data/programmes">
      <label>Programmes</label>
      <itemset nodeset="instance('programme')/root/item"><value ref="name"/><label ref="jr:itext(itextId)"/></itemset>
    </select>
    <input ref="/data/reg_date"><label>Registration date</label></input>
    <input ref="/data/visit_time"><label>Time of visit</label></input>
    <input ref="/data/rooms"><label>Rooms</label></input>
    <input ref="/data/income"><label>Monthly income</label></input>
    <input ref="/data/location"><label>Location</label></input>
    <input ref="/data/plot"><label>Plot boundary</label></input>
    <upload mediatype="image/*" ref="/data/photo"><label>Photo of the dwelling</label></upload>
    <input ref="/data/notes"><label>Notes</label></input>
    <group ref="/data/head">
      <label>Head of household</label>
      <input ref="/data/head/given_name"><label>Given name</label></input>
      <input ref="/data/head/family_name"><label>Family name</label></input>
    <select1 ref="/data/head/sex">
      <label>Sex</label>
      <itemset nodeset="instance('sex')/root/item"><value ref="name"/><label ref="jr:itext(itextId)"/></itemset>
    </select1>
      <input ref="/data/head/dob"><label>Date of birth</label></input>
      <input ref="/data/head/national_id"><label>National ID</label></input>
    </group>
    <group ref="/data/members">
      <label>Members</label>
      <repeat nodeset="/data/members/member">
        <group ref="/data/members/member/name">
          <label>Name</label>
          <input ref="/data/members/member/name/given_name"><label>Given name</label></input>
          <input ref="/data/members/member/name/family_name"><label>Family name</label></input>
        </group>
    <select1 ref="/data/members/member/relation">
      <label>Relationship to head</label>
      <itemset nodeset="instance('relation')/root/item"><value ref="name"/><label ref="jr:itext(itextId)"/></itemset>
    </select1>
    <select1 ref="/data/members/member/sex">
      <label>Sex</label>
      <itemset nodeset="instance('sex')/root/item"><value ref="name"/><label ref="jr:itext(itextId)"/></itemset>
    </select1>
        <input ref="/data/members/member/dob"><label>Date of birth</label></input>
    <select ref="/data/members/member/disabilities">
      <label>Difficulty with</label>
      <itemset nodeset="instance('disability')/root/item"><value ref="name"/><label ref="jr:itext(itextId)"/></itemset>
    </select>
        <group ref="/data/members/member/document">
          <label>Documents</label>
          <repeat nodeset="/data/members/member/document">
    <select1 ref="/data/members/member/document/doc_type">
      <label>Type</label>
      <itemset nodeset="instance('doctype')/root/item"><value ref="name"/><label ref="jr:itext(itextId)"/></itemset>
    </select1>
            <input ref="/data/members/member/document/doc_number"><label>Number</label></input>
            <upload mediatype="image/*" ref="/data/members/member/document/doc_photo"><label>Photo</label></upload>
          </repeat>
        </group>
      </repeat>
    </group>
  </h:body>
</h:html>
`.trim();
